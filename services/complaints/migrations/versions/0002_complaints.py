"""Tickets, custody, answers, routing, deadlines, levels, the public policy, and what an empty installation needs."""

from alembic import op

revision = "0002"
down_revision = "0001"

BASE = """id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  recorded_at timestamptz DEFAULT now() NOT NULL,
  unit_id text NOT NULL"""

TABLES = (
    f"""CREATE TABLE complaint (
  {BASE},
  number text NOT NULL,
  customer_id uuid,
  source text,
  external_ref text,
  channel text NOT NULL,
  cause text NOT NULL,
  about text,
  severity text NOT NULL,
  sku text,
  text text,
  wish text,
  reply_channel text,
  reply_address text,
  status text NOT NULL,
  holder_unit text NOT NULL,
  holder_id uuid,
  offered_to text,
  service_level text NOT NULL,
  historic boolean NOT NULL,
  filed_at timestamptz NOT NULL,
  promised_at timestamptz,
  acknowledged_at timestamptz,
  answered_at timestamptz,
  resolved_at timestamptz,
  closed_at timestamptz,
  solved boolean,
  remedy text,
  reopen_count integer NOT NULL,
  handovers integer NOT NULL,
  wrong_minutes integer NOT NULL,
  escalation_level integer NOT NULL,
  erased_at timestamptz,
  voided_at timestamptz,
  CONSTRAINT pk_complaint PRIMARY KEY (id),
  CONSTRAINT ck_complaint_status CHECK (status IN
    ('received', 'assigned', 'in_progress', 'waiting_for_customer', 'answered', 'resolved', 'closed', 'reopened')),
  CONSTRAINT ck_complaint_holder_unit CHECK (holder_unit <> ''),
  CONSTRAINT uq_complaint_number UNIQUE (number)
)""",
    "CREATE INDEX ix_complaint_customer ON complaint (customer_id, filed_at)",
    "CREATE INDEX ix_complaint_filed ON complaint (filed_at, id)",
    "CREATE INDEX ix_complaint_holder ON complaint (holder_id)",
    "CREATE INDEX ix_complaint_holder_unit ON complaint (holder_unit, filed_at)",
    "CREATE INDEX ix_complaint_unit ON complaint (unit_id, filed_at)",
    f"""CREATE TABLE complaint_report (
  {BASE},
  voided boolean NOT NULL,
  CONSTRAINT pk_complaint_report PRIMARY KEY (id)
)""",
    f"""CREATE TABLE custody (
  {BASE},
  complaint_id uuid NOT NULL,
  n integer NOT NULL,
  from_unit text,
  to_unit text NOT NULL,
  reason text NOT NULL,
  note text,
  wrong_door boolean NOT NULL,
  status text NOT NULL,
  asked_by text,
  began_at timestamptz,
  ended_at timestamptz,
  CONSTRAINT pk_custody PRIMARY KEY (id),
  CONSTRAINT ck_custody_status CHECK (status IN ('asked', 'held', 'ended', 'withdrawn')),
  CONSTRAINT uq_custody_complaint_id_n UNIQUE (complaint_id, n),
  CONSTRAINT fk_custody_complaint_id FOREIGN KEY(complaint_id) REFERENCES complaint (id)
)""",
    "CREATE UNIQUE INDEX ix_custody_asked ON custody (complaint_id) WHERE status = 'asked'",
    "CREATE UNIQUE INDEX ix_custody_held ON custody (complaint_id) WHERE status = 'held'",
    "CREATE INDEX ix_custody_wrong_door ON custody (from_unit) WHERE wrong_door",
    f"""CREATE TABLE answer (
  {BASE},
  complaint_id uuid NOT NULL,
  text text,
  remedy text,
  answered_by uuid,
  quality smallint,
  conduct text[] NOT NULL,
  in_time boolean,
  CONSTRAINT pk_answer PRIMARY KEY (id),
  CONSTRAINT fk_answer_complaint_id FOREIGN KEY(complaint_id) REFERENCES complaint (id)
)""",
    "CREATE INDEX ix_answer_complaint_id ON answer (complaint_id)",
    f"""CREATE TABLE reply (
  {BASE},
  complaint_id uuid NOT NULL,
  channel text NOT NULL,
  text text,
  CONSTRAINT pk_reply PRIMARY KEY (id),
  CONSTRAINT fk_reply_complaint_id FOREIGN KEY(complaint_id) REFERENCES complaint (id)
)""",
    "CREATE INDEX ix_reply_complaint_id ON reply (complaint_id)",
    f"""CREATE TABLE verdict (
  {BASE},
  complaint_id uuid NOT NULL,
  solved boolean NOT NULL,
  given_by text NOT NULL,
  comment text,
  CONSTRAINT pk_verdict PRIMARY KEY (id),
  CONSTRAINT fk_verdict_complaint_id FOREIGN KEY(complaint_id) REFERENCES complaint (id)
)""",
    "CREATE INDEX ix_verdict_complaint_id ON verdict (complaint_id)",
    f"""CREATE TABLE routing_rule (
  {BASE},
  cause text,
  sku_prefix text,
  to_unit text NOT NULL,
  priority integer NOT NULL,
  retired_at timestamptz,
  CONSTRAINT pk_routing_rule PRIMARY KEY (id)
)""",
    f"""CREATE TABLE standard_set (
  {BASE},
  number integer NOT NULL,
  handover_limit integer NOT NULL,
  wrong_hands_minutes integer NOT NULL,
  decided_by text NOT NULL,
  CONSTRAINT pk_standard_set PRIMARY KEY (id),
  CONSTRAINT uq_standard_set_number UNIQUE (number)
)""",
    f"""CREATE TABLE service_standard (
  {BASE},
  set_number integer NOT NULL,
  level text NOT NULL,
  step text NOT NULL,
  business_minutes integer NOT NULL,
  CONSTRAINT pk_service_standard PRIMARY KEY (id),
  CONSTRAINT ck_service_standard_business_minutes CHECK (business_minutes > 0),
  CONSTRAINT uq_service_standard_set_number_level_step UNIQUE (set_number, level, step),
  CONSTRAINT fk_service_standard_set_number FOREIGN KEY(set_number) REFERENCES standard_set (number)
)""",
    f"""CREATE TABLE deadline (
  {BASE},
  complaint_id uuid NOT NULL,
  kind text NOT NULL,
  round integer NOT NULL,
  set_number integer NOT NULL,
  due_at timestamptz NOT NULL,
  paused_at timestamptz,
  left_seconds integer,
  met_at timestamptz,
  missed_at timestamptz,
  status text NOT NULL,
  CONSTRAINT pk_deadline PRIMARY KEY (id),
  CONSTRAINT ck_deadline_status CHECK (status IN ('open', 'met', 'missed', 'historic', 'void')),
  CONSTRAINT uq_deadline_complaint_id_kind_round UNIQUE (complaint_id, kind, round),
  CONSTRAINT fk_deadline_complaint_id FOREIGN KEY(complaint_id) REFERENCES complaint (id)
)""",
    f"""CREATE TABLE customer_level (
  {BASE},
  customer_id uuid NOT NULL,
  segment text NOT NULL,
  tier text,
  as_of date NOT NULL,
  CONSTRAINT pk_customer_level PRIMARY KEY (id)
)""",
    "CREATE INDEX ix_customer_level_customer_id ON customer_level (customer_id)",
    """CREATE TABLE tier_level (
  tier text NOT NULL,
  level text NOT NULL,
  CONSTRAINT pk_tier_level PRIMARY KEY (tier)
)""",
    f"""CREATE TABLE complaint_channel (
  {BASE},
  code text NOT NULL,
  position integer NOT NULL,
  names jsonb NOT NULL,
  free boolean NOT NULL,
  CONSTRAINT pk_complaint_channel PRIMARY KEY (id),
  CONSTRAINT uq_complaint_channel_code UNIQUE (code)
)""",
    f"""CREATE TABLE complaint_policy (
  {BASE},
  number integer NOT NULL,
  language text NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  CONSTRAINT pk_complaint_policy PRIMARY KEY (id),
  CONSTRAINT uq_complaint_policy_number_language UNIQUE (number, language)
)""",
)

CALENDAR = """{"exceptions": [], "weekly": [
  {"weekday": 1, "opens": 540, "closes": 720}, {"weekday": 1, "opens": 780, "closes": 1080},
  {"weekday": 2, "opens": 540, "closes": 720}, {"weekday": 2, "opens": 780, "closes": 1080},
  {"weekday": 3, "opens": 540, "closes": 720}, {"weekday": 3, "opens": 780, "closes": 1080},
  {"weekday": 4, "opens": 540, "closes": 720}, {"weekday": 4, "opens": 780, "closes": 1080},
  {"weekday": 5, "opens": 540, "closes": 720}, {"weekday": 5, "opens": 780, "closes": 1080}]}"""

SEEDS = (
    "CREATE SEQUENCE complaint_number",
    # The organisation publishes its units from sequence 1 on: until the first state is here, these two stand in for it.
    f"""INSERT INTO directory_unit (code, sequence, name, kind, internal, parent, time_zone, lead_id, calendar) VALUES
  ('head-office', 0, 'Head office', 'head_office', true, NULL, 'Asia/Shanghai', NULL, '{CALENDAR}'),
  ('complaint-desk', 0, 'Complaint desk', 'department', true, 'head-office', 'Asia/Shanghai', NULL, '{CALENDAR}')
ON CONFLICT DO NOTHING""",
    """INSERT INTO routing_rule (id, unit_id, to_unit, priority)
VALUES (uuidv7(), 'head-office', 'complaint-desk', 0)""",
    """INSERT INTO standard_set (id, unit_id, number, handover_limit, wrong_hands_minutes, decided_by)
VALUES (uuidv7(), 'head-office', 1, 3, 480, 'seed')""",
    """INSERT INTO service_standard (id, unit_id, set_number, level, step, business_minutes)
SELECT uuidv7(), 'head-office', 1, level, step, minutes FROM (VALUES
  ('ordinary', 'acknowledge', 240), ('ordinary', 'answer', 960), ('ordinary', 'resolve', 2400),
  ('vip', 'acknowledge', 60), ('vip', 'answer', 480), ('vip', 'resolve', 1440)) AS s(level, step, minutes)""",
    """INSERT INTO tier_level (tier, level) VALUES ('top', 'vip'), ('vip', 'vip')""",
    """INSERT INTO complaint_channel (id, unit_id, code, position, names, free)
SELECT uuidv7(), 'head-office', code, position, names::jsonb, free FROM (VALUES
  ('phone', 1, '{"zh-Hans": "投诉电话", "zh-Hant": "投訴電話", "en": "Complaint line"}', true),
  ('counter', 2, '{"zh-Hans": "柜台", "zh-Hant": "櫃檯", "en": "At any counter"}', true),
  ('web', 3, '{"zh-Hans": "网站", "zh-Hant": "網站", "en": "Web site"}', true),
  ('email', 4, '{"zh-Hans": "电子邮件", "zh-Hant": "電子郵件", "en": "E-mail"}', true),
  ('post', 5, '{"zh-Hans": "邮寄（邮资已付）", "zh-Hant": "郵寄（郵資已付）", "en": "Post (postage paid)"}', true),
  ('dealer', 6, '{"zh-Hans": "经销商", "zh-Hant": "經銷商", "en": "Through your dealer"}', true)
) AS c(code, position, names, free)""",
    """INSERT INTO complaint_policy (id, unit_id, number, language, title, body)
SELECT uuidv7(), 'head-office', 1, language, title, body FROM (VALUES
  ('zh-Hans', '投诉政策',
   '向哪个部门投诉都可以：我们转交，您不必再找。每一件投诉始终有一个负责人和一个承诺的答复时间；'
   '您可凭链接查询进度，不满意可一键重新处理。投诉不收费，也可匿名。'),
  ('zh-Hant', '投訴政策',
   '向哪個部門投訴都可以：我們轉交，您不必再找。每一件投訴始終有一個負責人和一個承諾的答覆時間；'
   '您可憑連結查詢進度，不滿意可一鍵重新處理。投訴不收費，也可匿名。'),
  ('en', 'Complaint policy',
   'Complain at any door: we pass it on, you need not look further. Each complaint always has one holder and a '
   'promised time of answer. You can follow it by its link and reopen it with one tap. It costs nothing and needs '
   'no name.')
) AS p(language, title, body)""",
)


def upgrade() -> None:
    """Make the tables of the first release and fill in what must never be missing."""
    for statement in (*TABLES, *SEEDS):
        op.execute(statement)
