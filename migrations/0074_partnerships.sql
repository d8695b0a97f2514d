-- +goose Up
-- What an approval needs, by kind of partnership, version by version.
CREATE TABLE requirements (
	id          {{.text}} PRIMARY KEY,
	version     INTEGER NOT NULL,
	created_at  {{.time}} NOT NULL,
	updated_at  {{.time}} NOT NULL,
	kind        {{.text}} NOT NULL CHECK (kind IN ('long_term', 'short_term_cohosted')),
	number      INTEGER NOT NULL,
	elements    {{.text}} NOT NULL,
	clearances  {{.text}} NOT NULL,
	note        {{.text}} NOT NULL,
	stage       {{.text}} NOT NULL CHECK (stage IN ('proposed', 'adopted')),
	proposed_by {{.text}} NOT NULL,
	adopted_by  {{.text}} NOT NULL,
	adopted_on  {{.text}} NOT NULL,
	CHECK ((stage = 'adopted') = (number > 0)),
	CHECK (adopted_by = '' OR adopted_by <> proposed_by)
);
CREATE UNIQUE INDEX requirements_number ON requirements (kind, number) WHERE number > 0;
CREATE INDEX requirements_created ON requirements (created_at, id);

-- The first version of each kind is shipped: after 2 FAM 970 (long-term) and 974 (co-hosted events), in words of our own.
INSERT INTO requirements (id, version, created_at, updated_at, kind, number, elements, clearances, note, stage, proposed_by, adopted_by, adopted_on) VALUES
('2fa09700-0000-4000-8000-000000000001', 1, '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00', 'long_term', 1,
'[{"key":"objective","title":"What the partnership is to achieve","guidance":"Name the shared objective and how the office would know that it was reached.","citation":"2 FAM 971.1 a","always":true},
{"key":"strategy","title":"How it serves the strategy","guidance":"Say which goal and objective of the strategy it serves.","citation":"2 FAM 971.1 a","always":true},
{"key":"authority","title":"Legal authority","guidance":"Name the authority under which the office takes part and uses its funds and staff time.","citation":"2 FAM 971.1 a; 2 FAM 970","always":true},
{"key":"partners","title":"Who the partners are","guidance":"Say who each partner is, what it does, and what it has before the government: requests, cases, contracts.","citation":"2 FAM 970, due diligence","always":true},
{"key":"selection","title":"Why these partners","guidance":"Say how the partners were found and chosen, and that others of their kind could have been.","citation":"2 FAM 971.1 b","always":false},
{"key":"due_diligence","title":"Results of due diligence","guidance":"Sum up what vetting found of each partner, and how each concern is answered.","citation":"2 FAM 970, due diligence","always":true},
{"key":"conflicts","title":"Conflicts of interest and appearance","guidance":"Say whether anyone involved has a stake, and what is done so that nothing improper happens or seems to.","citation":"2 FAM 971.1 b","always":true},
{"key":"roles","title":"Roles and governance","guidance":"Say who decides, who does what, and how disagreement is settled.","citation":"2 FAM 971.1 a","always":true},
{"key":"resources","title":"Resources of each side","guidance":"List what the office and each partner put in: money, goods, people, data, reach, and how it is valued.","citation":"2 FAM 971.1 a","always":true},
{"key":"benefits","title":"What each partner gains","guidance":"Say what a partner gets from it, and why that is no preferential treatment.","citation":"2 FAM 971.1 b","always":true},
{"key":"non_binding","title":"Non-binding form","guidance":"Say in which instrument it is set down, and that it binds nobody in law.","citation":"2 FAM 971.1 a","always":true},
{"key":"procurement","title":"Not procurement","guidance":"Say what the office receives, and why its main purpose is not to acquire goods or services for its own use.","citation":"2 FAM 971.1 c; 31 U.S.C. 6303","always":true},
{"key":"assistance","title":"Grants and cooperative agreements","guidance":"Name any award that touches the partnership, and how they are kept apart.","citation":"2 FAM 970","always":false},
{"key":"endorsement","title":"Endorsement, names and logos","guidance":"Say how names, seals and logos may be used, and that nobody is endorsed.","citation":"2 FAM 971.1 b","always":true},
{"key":"publicity","title":"Public statements","guidance":"Say who speaks of it in public, and what is cleared before.","citation":"2 FAM 970","always":false},
{"key":"data","title":"Data and privacy","guidance":"Say which data are shared, with whom, and how people in them are protected.","citation":"2 FAM 970","always":false},
{"key":"survivors","title":"Survivors","guidance":"Say how survivors were heard from the outset, and how nobody is identified or harmed by it.","citation":"The strategy, objective 4.3","always":true},
{"key":"risks","title":"Risks","guidance":"Name the risks for people, for reputation and of failure, and what is done about each.","citation":"2 FAM 971.1 b","always":true},
{"key":"monitoring","title":"Monitoring and evaluation","guidance":"Say who looks at which indicator how often, and where the records are.","citation":"State OIG AUD-CGI-25-14 on monitoring","always":true},
{"key":"exit","title":"End and exit","guidance":"Say how it ends, early or in time, and what remains.","citation":"2 FAM 970","always":true}]',
'[{"key":"program","office":"Program Office","citation":"2 FAM 970"},
{"key":"legal","office":"Legal Adviser","citation":"2 FAM 970, clearances; State OIG AUD-CGI-25-14"},
{"key":"ethics","office":"Ethics","citation":"2 FAM 971.1 b"},
{"key":"partnerships","office":"Global Partnerships","citation":"2 FAM 970, clearances; State OIG AUD-CGI-25-14"},
{"key":"public_affairs","office":"Public Affairs","citation":"2 FAM 970"},
{"key":"budget","office":"Budget and Planning","citation":"2 FAM 970","from":{"Minor":10000000,"Currency":"USD"}}]',
'Shipped with Accord, after 2 FAM 970.', 'adopted', '', '', '2026-01-01'),
('2fa09740-0000-4000-8000-000000000001', 1, '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00', 'short_term_cohosted', 1,
'[{"key":"objective","title":"What the partnership is to achieve","guidance":"Name the shared objective and how the office would know that it was reached.","citation":"2 FAM 974","always":true},
{"key":"event","title":"The event","guidance":"Say what is held together, where, when and for whom.","citation":"2 FAM 974","always":true},
{"key":"partners","title":"Who the partners are","guidance":"Say who each partner is, what it does, and what it has before the government: requests, cases, contracts.","citation":"2 FAM 974","always":true},
{"key":"due_diligence","title":"Results of due diligence","guidance":"Sum up what vetting found of each partner, and how each concern is answered.","citation":"2 FAM 974","always":true},
{"key":"conflicts","title":"Conflicts of interest and appearance","guidance":"Say whether anyone involved has a stake, and what is done so that nothing improper happens or seems to.","citation":"2 FAM 974","always":true},
{"key":"resources","title":"Resources of each side","guidance":"List what the office and each partner put in: money, goods, people, data, reach, and how it is valued.","citation":"2 FAM 974","always":true},
{"key":"procurement","title":"Not procurement","guidance":"Say what the office receives, and why its main purpose is not to acquire goods or services for its own use.","citation":"2 FAM 974","always":true},
{"key":"endorsement","title":"Endorsement, names and logos","guidance":"Say how names, seals and logos may be used, and that nobody is endorsed.","citation":"2 FAM 974","always":true},
{"key":"publicity","title":"Public statements","guidance":"Say who speaks of it in public, and what is cleared before.","citation":"2 FAM 974","always":false},
{"key":"risks","title":"Risks","guidance":"Name the risks for people, for reputation and of failure, and what is done about each.","citation":"2 FAM 974","always":true}]',
'[{"key":"legal","office":"Legal Adviser","citation":"2 FAM 974"},
{"key":"public_affairs","office":"Public Affairs","citation":"2 FAM 974"}]',
'Shipped with Accord, after 2 FAM 974.', 'adopted', '', '', '2026-01-01');

ALTER TABLE partnerships ADD COLUMN value_minor BIGINT NOT NULL DEFAULT 0 CHECK (value_minor >= 0);
ALTER TABLE partnerships ADD COLUMN value_currency {{.text}} NOT NULL DEFAULT '';
ALTER TABLE partnerships ADD COLUMN attested_at {{.time}};
ALTER TABLE partnerships ADD COLUMN requirements {{.text}} NOT NULL DEFAULT '';
ALTER TABLE partnerships ADD COLUMN approved_under {{.text}} NOT NULL DEFAULT '';
ALTER TABLE partnerships ADD COLUMN elements {{.text}} NOT NULL DEFAULT '[]';
ALTER TABLE partnerships ADD COLUMN clearances {{.text}} NOT NULL DEFAULT '[]';
ALTER TABLE partnerships ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
ALTER TABLE partnerships ADD COLUMN renewal_requested_by {{.text}} NOT NULL DEFAULT '';
ALTER TABLE partnerships ADD COLUMN legacy_source {{.text}} NOT NULL DEFAULT '';
ALTER TABLE partnerships ADD COLUMN remediation {{.text}} NOT NULL DEFAULT '[]';
