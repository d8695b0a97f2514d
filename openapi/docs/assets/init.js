// Shows this server's own contract. A token typed in here is forgotten with the
// page, and nothing is asked of another host.
SwaggerUIBundle({
  dom_id: "#reference",
  url: new URL("../openapi.json", document.baseURI).href,
  layout: "BaseLayout",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  filter: true,
  persistAuthorization: false,
  queryConfigEnabled: false,
  validatorUrl: null,
});
