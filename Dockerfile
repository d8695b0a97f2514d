FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN make build
# An image from scratch has no folders; /tmp is for uploads that outgrow memory.
RUN mkdir -p /out/data /out/keys /out/tmp && chmod 0700 /out/data /out/keys

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /out/ /
COPY --from=build /src/bin/accord /accord
# A number, so that an orchestrator can tell that it isn't root's.
USER 65532:65532
ENV ACCORD_LISTEN=0.0.0.0:8080 ACCORD_DATA=/data
VOLUME /data
EXPOSE 8080
# The image has no shell and no curl: the binary asks its own /readyz.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 CMD ["/accord", "health"]
ENTRYPOINT ["/accord"]
CMD ["serve"]
