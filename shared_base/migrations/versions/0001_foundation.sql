CREATE TABLE audit_entries (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    actor_id UUID,
    actor_label TEXT NOT NULL,
    action TEXT NOT NULL,
    subject_table TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    before JSONB,
    after JSONB,
    base_id UUID,
    tenant_id UUID,
    CONSTRAINT audit_entries_pkey PRIMARY KEY (id),
    CONSTRAINT audit_entries_action_known CHECK (action in ('insert', 'update', 'delete'))
);

CREATE INDEX audit_entries_base ON audit_entries (base_id, id);

CREATE INDEX audit_entries_tenant ON audit_entries (tenant_id, id);

CREATE INDEX audit_entries_subject ON audit_entries (subject_table, subject_id, id);

CREATE INDEX audit_entries_at ON audit_entries (at);

CREATE INDEX audit_entries_actor ON audit_entries (actor_id, id);

CREATE TABLE bases (
    id UUID DEFAULT uuidv7() NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    tier TEXT NOT NULL,
    division_code TEXT NOT NULL,
    timezone TEXT DEFAULT 'Asia/Shanghai' NOT NULL,
    lettable_area_m2 NUMERIC(12, 4) NOT NULL,
    operator_uscc TEXT,
    reports_from DATE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT bases_pkey PRIMARY KEY (id),
    CONSTRAINT bases_code_unique UNIQUE (code),
    CONSTRAINT bases_code_shape CHECK (code ~ '^[A-Z0-9][A-Z0-9-]{0,19}$'),
    CONSTRAINT bases_tier_known CHECK (tier in ('large', 'medium', 'regional')),
    CONSTRAINT bases_division_shape CHECK (division_code ~ '^[0-9]{6}$'),
    CONSTRAINT bases_area_positive CHECK (lettable_area_m2 > 0),
    CONSTRAINT bases_reports_from_is_a_month CHECK (extract(day from reports_from) = 1)
);

CREATE TABLE users (
    id UUID DEFAULT uuidv7() NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT,
    locale TEXT DEFAULT 'zh_Hans_CN' NOT NULL,
    totp_secret TEXT,
    totp_confirmed_at TIMESTAMP WITH TIME ZONE,
    totp_last_step BIGINT,
    disabled_at TIMESTAMP WITH TIME ZONE,
    demo BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_shape CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    CONSTRAINT users_locale_known CHECK (locale in ('zh_Hans_CN', 'en')),
    CONSTRAINT users_totp_has_secret CHECK (totp_confirmed_at is null or totp_secret is not null)
);

CREATE UNIQUE INDEX users_email_unique ON users (lower(email));

CREATE TABLE tenants (
    id UUID DEFAULT uuidv7() NOT NULL,
    uscc TEXT NOT NULL,
    uscc_override_reason TEXT,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    division_code TEXT,
    contact_name TEXT,
    contact_phone TEXT,
    suspended_at TIMESTAMP WITH TIME ZONE,
    suspension_reason TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT tenants_pkey PRIMARY KEY (id),
    CONSTRAINT tenants_uscc_unique UNIQUE (uscc),
    CONSTRAINT tenants_uscc_shape CHECK (uscc ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
    CONSTRAINT tenants_kind_known CHECK (kind in ('mcn', 'brand', 'platform', 'service')),
    CONSTRAINT tenants_division_shape CHECK (division_code ~ '^[0-9]{6}$'),
    CONSTRAINT tenants_suspension_explained CHECK ((suspended_at is null) = (suspension_reason is null))
);

CREATE TABLE events (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    base_id UUID,
    tenant_id UUID,
    actor_id UUID,
    actor_label TEXT NOT NULL,
    payload JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (id)
);

CREATE INDEX events_subject ON events (subject_id, id);

CREATE INDEX events_base ON events (base_id, id);

CREATE INDEX events_tenant ON events (tenant_id, id);

CREATE TABLE job_runs (
    id UUID DEFAULT uuidv7() NOT NULL,
    job TEXT NOT NULL,
    period TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    detail TEXT,
    CONSTRAINT job_runs_pkey PRIMARY KEY (id),
    CONSTRAINT job_runs_once UNIQUE (job, period)
);

CREATE TABLE heartbeats (
    name TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    detail TEXT DEFAULT '' NOT NULL,
    CONSTRAINT heartbeats_pkey PRIMARY KEY (name)
);

CREATE UNLOGGED TABLE rate_limits (
    key TEXT NOT NULL,
    count INTEGER NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT rate_limits_pkey PRIMARY KEY (key)
);

CREATE INDEX rate_limits_expiry ON rate_limits (expires_at);

CREATE TABLE idempotency_keys (
    caller_id UUID NOT NULL,
    key TEXT NOT NULL,
    request_digest BYTEA NOT NULL,
    status INTEGER,
    answer BYTEA,
    location TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller_id, key),
    CONSTRAINT idempotency_keys_key_length CHECK (length(key) between 1 and 255)
);

CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

CREATE TABLE outbox_messages (
    id UUID DEFAULT uuidv7() NOT NULL,
    topic TEXT NOT NULL,
    payload JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    last_error TEXT,
    done_at TIMESTAMP WITH TIME ZONE,
    failed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT outbox_messages_pkey PRIMARY KEY (id),
    CONSTRAINT outbox_messages_attempts_counted CHECK (attempts >= 0)
);

CREATE INDEX outbox_messages_due ON outbox_messages (due_at) WHERE done_at is null and failed_at is null;

CREATE TABLE stays (
    id UUID NOT NULL,
    revision INTEGER NOT NULL,
    booking_id UUID NOT NULL,
    studio_id UUID NOT NULL,
    base_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    checked_in_at TIMESTAMP WITH TIME ZONE NOT NULL,
    checked_out_at TIMESTAMP WITH TIME ZONE,
    voided BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT stays_pkey PRIMARY KEY (id)
);

CREATE INDEX stays_booking ON stays (booking_id);

CREATE INDEX stays_base_span ON stays USING gist (base_id, tstzrange(checked_in_at, checked_out_at, '[]'));

CREATE INDEX stays_open ON stays (base_id) WHERE checked_out_at is null and not voided;

CREATE TABLE resources (
    id UUID DEFAULT uuidv7() NOT NULL,
    kind TEXT NOT NULL,
    base_id UUID,
    CONSTRAINT resources_pkey PRIMARY KEY (id),
    CONSTRAINT resources_kind_known CHECK (kind in ('space', 'host')),
    CONSTRAINT resources_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE TABLE opening_hours (
    id UUID DEFAULT uuidv7() NOT NULL,
    base_id UUID NOT NULL,
    valid DATERANGE NOT NULL,
    opens_minute INTEGER NOT NULL,
    closes_minute INTEGER NOT NULL,
    CONSTRAINT opening_hours_pkey PRIMARY KEY (id),
    CONSTRAINT opening_hours_one_rule_a_day EXCLUDE USING gist (base_id WITH =, valid WITH &&),
    CONSTRAINT opening_hours_valid_not_empty CHECK (not isempty(valid)),
    CONSTRAINT opening_hours_within_a_day CHECK (opens_minute between 0 and 1439 and closes_minute > opens_minute and closes_minute <= opens_minute + 1440),
    CONSTRAINT opening_hours_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE TABLE recognitions (
    id UUID DEFAULT uuidv7() NOT NULL,
    base_id UUID NOT NULL,
    number TEXT,
    valid DATERANGE NOT NULL,
    CONSTRAINT recognitions_pkey PRIMARY KEY (id),
    CONSTRAINT recognitions_one_at_a_time EXCLUDE USING gist (base_id WITH =, valid WITH &&),
    CONSTRAINT recognitions_valid_begins CHECK (not isempty(valid) and not lower_inf(valid)),
    CONSTRAINT recognitions_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE TABLE sign_in_sessions (
    id UUID DEFAULT uuidv7() NOT NULL,
    user_id UUID NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    address TEXT DEFAULT '' NOT NULL,
    agent TEXT DEFAULT '' NOT NULL,
    second_factor_at TIMESTAMP WITH TIME ZONE,
    current_base_id UUID,
    CONSTRAINT sign_in_sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sign_in_sessions_secret_unique UNIQUE (secret_hash),
    CONSTRAINT sign_in_sessions_expires_later CHECK (expires_at > created_at),
    CONSTRAINT sign_in_sessions_user_fkey FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE INDEX sign_in_sessions_user ON sign_in_sessions (user_id);

CREATE TABLE api_tokens (
    id UUID DEFAULT uuidv7() NOT NULL,
    user_id UUID NOT NULL,
    name TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    hint TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT api_tokens_pkey PRIMARY KEY (id),
    CONSTRAINT api_tokens_secret_unique UNIQUE (secret_hash),
    CONSTRAINT api_tokens_name_given CHECK (length(btrim(name)) between 1 and 100),
    CONSTRAINT api_tokens_user_fkey FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE TABLE one_time_links (
    id UUID DEFAULT uuidv7() NOT NULL,
    user_id UUID NOT NULL,
    purpose TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT one_time_links_pkey PRIMARY KEY (id),
    CONSTRAINT one_time_links_secret_unique UNIQUE (secret_hash),
    CONSTRAINT one_time_links_purpose_known CHECK (purpose in ('invitation', 'password_reset')),
    CONSTRAINT one_time_links_expires_later CHECK (expires_at > created_at),
    CONSTRAINT one_time_links_user_fkey FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE INDEX one_time_links_user ON one_time_links (user_id);

CREATE TABLE admissions (
    tenant_id UUID NOT NULL,
    base_id UUID NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT admissions_pkey PRIMARY KEY (tenant_id, base_id),
    CONSTRAINT admissions_tenant_fkey FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT admissions_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE INDEX admissions_base ON admissions (base_id);

CREATE TABLE memberships (
    id UUID DEFAULT uuidv7() NOT NULL,
    user_id UUID NOT NULL,
    role TEXT NOT NULL,
    base_id UUID,
    tenant_id UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT memberships_pkey PRIMARY KEY (id),
    CONSTRAINT memberships_role_and_scope CHECK (case when role = 'admin' then base_id is null and tenant_id is null when role = 'reviewer' then tenant_id is null when role in ('operator', 'front_desk') then base_id is not null and tenant_id is null when role in ('tenant_owner', 'tenant_scheduler') then tenant_id is not null and base_id is null else false end),
    CONSTRAINT memberships_end_after_begin CHECK (ended_at is null or ended_at >= created_at),
    CONSTRAINT memberships_reviewer_is_nothing_else EXCLUDE USING gist (user_id WITH =, ((role = 'reviewer')::int) WITH <>) WHERE (ended_at is null),
    CONSTRAINT memberships_user_fkey FOREIGN KEY(user_id) REFERENCES users (id),
    CONSTRAINT memberships_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id),
    CONSTRAINT memberships_tenant_fkey FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE INDEX memberships_base ON memberships (base_id);

CREATE INDEX memberships_tenant ON memberships (tenant_id);

CREATE UNIQUE INDEX memberships_once ON memberships (user_id, role, base_id, tenant_id) NULLS NOT DISTINCT WHERE ended_at is null;

CREATE TABLE leases (
    id UUID DEFAULT uuidv7() NOT NULL,
    ref TEXT NOT NULL,
    tenant_id UUID NOT NULL,
    base_id UUID NOT NULL,
    area_m2 NUMERIC(12, 4) NOT NULL,
    term DATERANGE NOT NULL,
    monthly_rent_fen BIGINT NOT NULL,
    property_fee_fen BIGINT DEFAULT '0' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT leases_pkey PRIMARY KEY (id),
    CONSTRAINT leases_ref_unique UNIQUE (ref),
    CONSTRAINT leases_tenant_and_id UNIQUE (tenant_id, id),
    CONSTRAINT leases_area_positive CHECK (area_m2 > 0),
    CONSTRAINT leases_term_bounded CHECK (not isempty(term) and not lower_inf(term) and not upper_inf(term)),
    CONSTRAINT leases_rent_not_negative CHECK (monthly_rent_fen >= 0 and property_fee_fen >= 0),
    CONSTRAINT leases_tenant_fkey FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT leases_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE INDEX leases_base ON leases (base_id);

CREATE TABLE month_reports (
    id UUID DEFAULT uuidv7() NOT NULL,
    base_id UUID NOT NULL,
    month DATE NOT NULL,
    revision INTEGER NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    canonical BYTEA NOT NULL,
    digest TEXT NOT NULL,
    totals JSONB NOT NULL,
    reason TEXT,
    changes JSONB,
    revised_by TEXT,
    closed_by TEXT NOT NULL,
    CONSTRAINT month_reports_pkey PRIMARY KEY (id),
    CONSTRAINT month_reports_one_of_each_revision UNIQUE (base_id, month, revision),
    CONSTRAINT month_reports_base_and_id UNIQUE (base_id, id),
    CONSTRAINT month_reports_month_is_a_month CHECK (extract(day from month) = 1),
    CONSTRAINT month_reports_revision_counts CHECK (revision >= 1),
    CONSTRAINT month_reports_revision_is_a_persons CHECK ((revision = 1) = (reason is null) and (revision = 1 or revised_by is not null)),
    CONSTRAINT month_reports_digest_shape CHECK (digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT month_reports_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE TABLE claims (
    id UUID DEFAULT uuidv7() NOT NULL,
    code TEXT NOT NULL,
    tenant_id UUID NOT NULL,
    base_ids UUID[] NOT NULL,
    policy_id TEXT NOT NULL,
    policy_version TEXT NOT NULL,
    period TEXT NOT NULL,
    as_of DATE NOT NULL,
    state TEXT DEFAULT 'draft' NOT NULL,
    computed_fen BIGINT NOT NULL,
    canonical BYTEA NOT NULL,
    digest TEXT NOT NULL,
    names JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by TEXT NOT NULL,
    CONSTRAINT claims_pkey PRIMARY KEY (id),
    CONSTRAINT claims_code_unique UNIQUE (code),
    CONSTRAINT claims_state_known CHECK (state in ('draft')),
    CONSTRAINT claims_computed_not_negative CHECK (computed_fen >= 0),
    CONSTRAINT claims_digest_shape CHECK (digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT claims_tenant_fkey FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE INDEX claims_tenant ON claims (tenant_id, created_at);

CREATE INDEX claims_bases ON claims USING gin (base_ids);

CREATE TABLE outages (
    id UUID DEFAULT uuidv7() NOT NULL,
    ref TEXT,
    base_id UUID NOT NULL,
    resource_id UUID,
    during TSTZRANGE NOT NULL,
    reason TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    cancelled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT outages_pkey PRIMARY KEY (id),
    CONSTRAINT outages_ref_unique UNIQUE (ref),
    CONSTRAINT outages_during_bounded CHECK (not isempty(during) and lower_inc(during) and not upper_inc(during) and lower_inf(during) is false and upper_inf(during) is false and lower(during) >= '2000-01-01T00:00Z' and upper(during) <= '2200-01-01T00:00Z' and extract(microseconds from lower(during)) % 1000000 = 0 and extract(microseconds from upper(during)) % 1000000 = 0),
    CONSTRAINT outages_reason_given CHECK (length(btrim(reason)) > 0),
    CONSTRAINT outages_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id),
    CONSTRAINT outages_resource_fkey FOREIGN KEY(resource_id) REFERENCES resources (id)
);

CREATE INDEX outages_base ON outages USING gist (base_id, during);

CREATE TABLE spaces (
    id UUID NOT NULL,
    base_id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    area_m2 NUMERIC(12, 4) NOT NULL,
    scene TEXT,
    in_service DATERANGE NOT NULL,
    buffer_minutes INTEGER DEFAULT '0' NOT NULL,
    notes TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT spaces_pkey PRIMARY KEY (id),
    CONSTRAINT spaces_code_unique_in_base UNIQUE (base_id, code),
    CONSTRAINT spaces_base_and_id UNIQUE (base_id, id),
    CONSTRAINT spaces_kind_known CHECK (kind in ('studio', 'office', 'sample_room', 'hall')),
    CONSTRAINT spaces_area_positive CHECK (area_m2 > 0),
    CONSTRAINT spaces_buffer_bounded CHECK (buffer_minutes between 0 and 720),
    CONSTRAINT spaces_in_service_begins CHECK (not isempty(in_service) and not lower_inf(in_service)),
    CONSTRAINT spaces_code_given CHECK (length(btrim(code)) between 1 and 40),
    CONSTRAINT spaces_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id),
    CONSTRAINT spaces_resource_fkey FOREIGN KEY(id) REFERENCES resources (id)
);

CREATE TABLE hosts (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    stage_name TEXT NOT NULL,
    real_name TEXT NOT NULL,
    id_number_masked TEXT NOT NULL,
    id_number_hash BYTEA NOT NULL,
    born_on DATE NOT NULL,
    real_name_checked_at TIMESTAMP WITH TIME ZONE,
    real_name_checked_by UUID,
    guardian_name TEXT,
    guardian_consent_at TIMESTAMP WITH TIME ZONE,
    left_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT hosts_pkey PRIMARY KEY (id),
    CONSTRAINT hosts_tenant_and_id UNIQUE (tenant_id, id),
    CONSTRAINT hosts_id_number_unique_in_tenant UNIQUE (tenant_id, id_number_hash),
    CONSTRAINT hosts_check_has_a_checker CHECK ((real_name_checked_at is null) = (real_name_checked_by is null)),
    CONSTRAINT hosts_tenant_fkey FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT hosts_resource_fkey FOREIGN KEY(id) REFERENCES resources (id),
    CONSTRAINT hosts_checker_fkey FOREIGN KEY(real_name_checked_by) REFERENCES users (id)
);

CREATE TABLE lease_rent_free (
    id UUID DEFAULT uuidv7() NOT NULL,
    lease_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    base_id UUID NOT NULL,
    days DATERANGE NOT NULL,
    CONSTRAINT lease_rent_free_pkey PRIMARY KEY (id),
    CONSTRAINT lease_rent_free_once EXCLUDE USING gist (lease_id WITH =, days WITH &&),
    CONSTRAINT lease_rent_free_not_empty CHECK (not isempty(days)),
    CONSTRAINT lease_rent_free_lease_fkey FOREIGN KEY(tenant_id, lease_id) REFERENCES leases (tenant_id, id)
);

CREATE TABLE rent_payments (
    id UUID DEFAULT uuidv7() NOT NULL,
    ref TEXT NOT NULL,
    lease_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    base_id UUID NOT NULL,
    service_month DATE NOT NULL,
    paid_on DATE NOT NULL,
    kind TEXT NOT NULL,
    amount_fen BIGINT NOT NULL,
    invoice_no TEXT,
    corrects_id UUID,
    note TEXT,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID,
    CONSTRAINT rent_payments_pkey PRIMARY KEY (id),
    CONSTRAINT rent_payments_ref_unique UNIQUE (ref),
    CONSTRAINT rent_payments_kind_known CHECK (kind in ('rent', 'property_fee', 'utilities')),
    CONSTRAINT rent_payments_amount_not_zero CHECK (amount_fen <> 0),
    CONSTRAINT rent_payments_service_month_is_a_month CHECK (extract(day from service_month) = 1),
    CONSTRAINT rent_payments_lease_fkey FOREIGN KEY(tenant_id, lease_id) REFERENCES leases (tenant_id, id),
    CONSTRAINT rent_payments_corrects_fkey FOREIGN KEY(corrects_id) REFERENCES rent_payments (id),
    CONSTRAINT rent_payments_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id),
    CONSTRAINT rent_payments_recorder_fkey FOREIGN KEY(recorded_by) REFERENCES users (id)
);

CREATE INDEX rent_payments_lease ON rent_payments (lease_id, service_month);

CREATE INDEX rent_payments_base ON rent_payments (base_id, paid_on);

CREATE TABLE report_leases (
    report_id UUID NOT NULL,
    lease_ref TEXT NOT NULL,
    lease_id UUID NOT NULL,
    base_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    uscc TEXT NOT NULL,
    month DATE NOT NULL,
    revision INTEGER NOT NULL,
    report_digest TEXT NOT NULL,
    area_m2 NUMERIC(12, 4) NOT NULL,
    days_in_force INTEGER NOT NULL,
    payable_days INTEGER NOT NULL,
    days_of_month INTEGER NOT NULL,
    rent_due_fen BIGINT NOT NULL,
    property_fee_due_fen BIGINT NOT NULL,
    recognised BOOLEAN NOT NULL,
    CONSTRAINT report_leases_pkey PRIMARY KEY (report_id, lease_ref),
    CONSTRAINT report_leases_report_fkey FOREIGN KEY(base_id, report_id) REFERENCES month_reports (base_id, id),
    CONSTRAINT report_leases_tenant_fkey FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE INDEX report_leases_tenant ON report_leases (tenant_id, month);

CREATE TABLE lease_spaces (
    lease_id UUID NOT NULL,
    space_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    base_id UUID NOT NULL,
    term DATERANGE NOT NULL,
    CONSTRAINT lease_spaces_pkey PRIMARY KEY (lease_id, space_id),
    CONSTRAINT lease_spaces_let_once EXCLUDE USING gist (space_id WITH =, term WITH &&),
    CONSTRAINT lease_spaces_term_not_empty CHECK (not isempty(term)),
    CONSTRAINT lease_spaces_lease_fkey FOREIGN KEY(tenant_id, lease_id) REFERENCES leases (tenant_id, id),
    CONSTRAINT lease_spaces_space_fkey FOREIGN KEY(base_id, space_id) REFERENCES spaces (base_id, id)
);

CREATE TABLE bookings (
    id UUID DEFAULT uuidv7() NOT NULL,
    code TEXT NOT NULL,
    ref TEXT,
    base_id UUID NOT NULL,
    studio_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    host_id UUID,
    host_name TEXT,
    title TEXT DEFAULT '' NOT NULL,
    platform TEXT,
    during TSTZRANGE NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE GENERATED ALWAYS AS (lower(during)) STORED NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE,
    state TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID,
    cancelled_at TIMESTAMP WITH TIME ZONE,
    cancel_reason TEXT,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT bookings_pkey PRIMARY KEY (id),
    CONSTRAINT bookings_code_unique UNIQUE (code),
    CONSTRAINT bookings_ref_unique UNIQUE (ref),
    CONSTRAINT bookings_tenant_and_id UNIQUE (tenant_id, id),
    CONSTRAINT bookings_state_known CHECK (state in ('confirmed', 'checked_in', 'completed', 'no_show', 'cancelled')),
    CONSTRAINT bookings_during_bounded CHECK (not isempty(during) and lower_inc(during) and not upper_inc(during) and lower_inf(during) is false and upper_inf(during) is false and lower(during) >= '2000-01-01T00:00Z' and upper(during) <= '2200-01-01T00:00Z' and extract(microseconds from lower(during)) % 1000000 = 0 and extract(microseconds from upper(during)) % 1000000 = 0),
    CONSTRAINT bookings_released_within CHECK (released_at is null or released_at >= lower(during) and released_at < upper(during)),
    CONSTRAINT bookings_cancelled_when CHECK ((state = 'cancelled') = (cancelled_at is not null)),
    CONSTRAINT bookings_title_length CHECK (length(title) <= 200),
    CONSTRAINT bookings_tenant_fkey FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT bookings_studio_fkey FOREIGN KEY(base_id, studio_id) REFERENCES spaces (base_id, id),
    CONSTRAINT bookings_host_fkey FOREIGN KEY(tenant_id, host_id) REFERENCES hosts (tenant_id, id),
    CONSTRAINT bookings_creator_fkey FOREIGN KEY(created_by) REFERENCES users (id)
);

CREATE INDEX bookings_base_start ON bookings (base_id, starts_at);

CREATE INDEX bookings_tenant_start ON bookings (tenant_id, starts_at);

CREATE INDEX bookings_studio_start ON bookings (studio_id, starts_at);

CREATE INDEX bookings_base_during ON bookings USING gist (base_id, during);

CREATE INDEX bookings_running ON bookings (base_id) WHERE state = 'checked_in';

CREATE INDEX bookings_base_changed ON bookings (base_id, changed_at);

CREATE TABLE allocations (
    id UUID DEFAULT uuidv7() NOT NULL,
    resource_id UUID NOT NULL,
    booking_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    base_id UUID NOT NULL,
    during TSTZRANGE NOT NULL,
    live BOOLEAN DEFAULT true NOT NULL,
    CONSTRAINT allocations_pkey PRIMARY KEY (id),
    CONSTRAINT allocations_never_two_at_once EXCLUDE USING gist (resource_id WITH =, during WITH &&) WHERE (live),
    CONSTRAINT allocations_during_bounded CHECK (not isempty(during) and lower_inc(during) and not upper_inc(during) and lower_inf(during) is false and upper_inf(during) is false and lower(during) >= '2000-01-01T00:00Z' and upper(during) <= '2200-01-01T00:00Z' and extract(microseconds from lower(during)) % 1000000 = 0 and extract(microseconds from upper(during)) % 1000000 = 0),
    CONSTRAINT allocations_booking_fkey FOREIGN KEY(tenant_id, booking_id) REFERENCES bookings (tenant_id, id),
    CONSTRAINT allocations_resource_fkey FOREIGN KEY(resource_id) REFERENCES resources (id),
    CONSTRAINT allocations_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE INDEX allocations_during ON allocations USING gist (during) INCLUDE (resource_id) WHERE live;

CREATE INDEX allocations_booking ON allocations (booking_id);

CREATE TABLE stay_records (
    id UUID DEFAULT uuidv7() NOT NULL,
    stay_id UUID NOT NULL,
    revision INTEGER NOT NULL,
    booking_id UUID NOT NULL,
    studio_id UUID NOT NULL,
    base_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    checked_in_at TIMESTAMP WITH TIME ZONE NOT NULL,
    checked_out_at TIMESTAMP WITH TIME ZONE,
    voided BOOLEAN DEFAULT false NOT NULL,
    reason TEXT,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID,
    recorder_label TEXT NOT NULL,
    CONSTRAINT stay_records_pkey PRIMARY KEY (id),
    CONSTRAINT stay_records_one_statement_a_revision UNIQUE (stay_id, revision),
    CONSTRAINT stay_records_out_after_in CHECK (checked_out_at >= checked_in_at),
    CONSTRAINT stay_records_whole_seconds CHECK (extract(microseconds from checked_in_at) % 1000000 = 0 and (checked_out_at is null or extract(microseconds from checked_out_at) % 1000000 = 0)),
    CONSTRAINT stay_records_void_explained CHECK (not voided or reason is not null),
    CONSTRAINT stay_records_booking_fkey FOREIGN KEY(tenant_id, booking_id) REFERENCES bookings (tenant_id, id),
    CONSTRAINT stay_records_studio_fkey FOREIGN KEY(base_id, studio_id) REFERENCES spaces (base_id, id),
    CONSTRAINT stay_records_recorder_fkey FOREIGN KEY(recorded_by) REFERENCES users (id)
);

CREATE INDEX stay_records_booking ON stay_records (booking_id);

ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY;

CREATE POLICY audit_entries_owner ON audit_entries TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY audit_entries_read ON audit_entries FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR false);

CREATE POLICY audit_entries_insert ON audit_entries FOR INSERT WITH CHECK (false);

CREATE POLICY audit_entries_update ON audit_entries FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR false) WITH CHECK (false);

CREATE POLICY audit_entries_delete ON audit_entries FOR DELETE USING (false);

CREATE FUNCTION audit_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) ELSE '{}'::jsonb END;
  new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) ELSE '{}'::jsonb END;
  whole jsonb := CASE WHEN TG_OP = 'DELETE' THEN old_row ELSE new_row END;
  b jsonb; a jsonb; secret text;
BEGIN
  -- an argument is a column to mask, or with a leading minus one that is no deed
  SELECT jsonb_object_agg(key, value) INTO b FROM jsonb_each(old_row)
    WHERE new_row -> key IS DISTINCT FROM value AND '-' || key <> ALL (coalesce(TG_ARGV, '{}'));
  SELECT jsonb_object_agg(key, value) INTO a FROM jsonb_each(new_row)
    WHERE old_row -> key IS DISTINCT FROM value AND '-' || key <> ALL (coalesce(TG_ARGV, '{}'));
  IF a IS NULL AND b IS NULL THEN RETURN NULL; END IF;
  FOREACH secret IN ARRAY coalesce(TG_ARGV, '{}') LOOP
    IF b ? secret THEN b := jsonb_set(b, ARRAY[secret], '"•••"'); END IF;
    IF a ? secret THEN a := jsonb_set(a, ARRAY[secret], '"•••"'); END IF;
  END LOOP;
  INSERT INTO audit_entries
    (actor_id, actor_label, action, subject_table, subject_id, before, after, base_id, tenant_id)
  VALUES (
    nullif(current_setting('app.actor', true), '')::uuid,
    coalesce(nullif(current_setting('app.actor_label', true), ''), session_user),
    lower(TG_OP), TG_TABLE_NAME, coalesce(whole ->> 'id', ''),
    CASE WHEN TG_OP <> 'INSERT' THEN b END, CASE WHEN TG_OP <> 'DELETE' THEN a END,
    CASE WHEN TG_TABLE_NAME = 'bases' THEN (whole ->> 'id')::uuid ELSE (whole ->> 'base_id')::uuid END,
    CASE WHEN TG_TABLE_NAME = 'tenants' THEN (whole ->> 'id')::uuid ELSE (whole ->> 'tenant_id')::uuid END);
  RETURN NULL;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: a correction is a new row', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER audit_entries_append_only_rows BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER audit_entries_append_only_table BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE allocations ENABLE ROW LEVEL SECURITY;

ALTER TABLE allocations FORCE ROW LEVEL SECURITY;

CREATE POLICY allocations_owner ON allocations TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY allocations_read ON allocations FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY allocations_insert ON allocations FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY allocations_update ON allocations FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY allocations_delete ON allocations FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE FUNCTION busy_ranges(of_resources uuid[], within tstzrange)
RETURNS TABLE (resource_id uuid, during tstzrange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT a.resource_id, a.during FROM allocations a
  WHERE a.live AND a.during && within AND a.resource_id = ANY (of_resources) ORDER BY 1, 2;
END;

CREATE FUNCTION busy_resources(within tstzrange) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT a.resource_id FROM allocations a WHERE a.live AND a.during && within;
END;

CREATE FUNCTION seen_allocations(of_resources uuid[], within tstzrange) RETURNS SETOF allocations
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT a.* FROM allocations a
  WHERE a.live AND a.during && within AND a.resource_id = ANY (of_resources)
    AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR a.tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));
END;

CREATE TRIGGER outages_audit AFTER INSERT OR UPDATE OR DELETE ON outages FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE TRIGGER bases_audit AFTER INSERT OR UPDATE OR DELETE ON bases FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE TRIGGER opening_hours_audit AFTER INSERT OR UPDATE OR DELETE ON opening_hours FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE TRIGGER recognitions_audit AFTER INSERT OR UPDATE OR DELETE ON recognitions FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE TRIGGER spaces_audit AFTER INSERT OR UPDATE OR DELETE ON spaces FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE TRIGGER users_audit AFTER INSERT OR UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION audit_row('password_hash', 'totp_secret', '-totp_last_step');

CREATE TRIGGER api_tokens_audit AFTER INSERT OR UPDATE OR DELETE ON api_tokens FOR EACH ROW EXECUTE FUNCTION audit_row('secret_hash', '-used_at');

ALTER TABLE admissions ENABLE ROW LEVEL SECURITY;

ALTER TABLE admissions FORCE ROW LEVEL SECURITY;

CREATE POLICY admissions_owner ON admissions TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY admissions_read ON admissions FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY admissions_insert ON admissions FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY admissions_update ON admissions FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY admissions_delete ON admissions FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;

ALTER TABLE tenants FORCE ROW LEVEL SECURITY;

CREATE POLICY tenants_owner ON tenants TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY tenants_read ON tenants FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR exists (select from admissions a where a.tenant_id = tenants.id and a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY tenants_insert ON tenants FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR cardinality(coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) > 0));

CREATE POLICY tenants_update ON tenants FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR exists (select from admissions a where a.tenant_id = tenants.id and a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR cardinality(coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) > 0));

CREATE POLICY tenants_delete ON tenants FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR cardinality(coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) > 0));

CREATE TRIGGER tenants_audit AFTER INSERT OR UPDATE OR DELETE ON tenants FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE TRIGGER admissions_audit AFTER INSERT OR UPDATE OR DELETE ON admissions FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE FUNCTION known_enterprise(code text) RETURNS TABLE (id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT t.id, t.name FROM tenants t
  WHERE t.uscc = code AND (select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR cardinality(coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) > 0);
END;

ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;

ALTER TABLE memberships FORCE ROW LEVEL SECURITY;

CREATE POLICY memberships_owner ON memberships TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY memberships_read ON memberships FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR user_id = (select nullif(current_setting('app.actor', true), '')::uuid) OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR exists (select from admissions a where a.tenant_id = memberships.tenant_id and a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY memberships_insert ON memberships FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR role not in ('admin', 'reviewer') AND (base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR exists (select from admissions a where a.tenant_id = memberships.tenant_id and a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))))));

CREATE POLICY memberships_update ON memberships FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR user_id = (select nullif(current_setting('app.actor', true), '')::uuid) OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR exists (select from admissions a where a.tenant_id = memberships.tenant_id and a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR role not in ('admin', 'reviewer') AND (base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR exists (select from admissions a where a.tenant_id = memberships.tenant_id and a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))))));

CREATE POLICY memberships_delete ON memberships FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR role not in ('admin', 'reviewer') AND (base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR exists (select from admissions a where a.tenant_id = memberships.tenant_id and a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))))));

CREATE TRIGGER memberships_audit AFTER INSERT OR UPDATE OR DELETE ON memberships FOR EACH ROW EXECUTE FUNCTION audit_row();

ALTER TABLE hosts ENABLE ROW LEVEL SECURITY;

ALTER TABLE hosts FORCE ROW LEVEL SECURITY;

CREATE POLICY hosts_owner ON hosts TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY hosts_read ON hosts FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR exists (select from admissions a where a.tenant_id = hosts.tenant_id and a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY hosts_insert ON hosts FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR exists (select from admissions a where a.tenant_id = hosts.tenant_id and a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')))));

CREATE POLICY hosts_update ON hosts FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR exists (select from admissions a where a.tenant_id = hosts.tenant_id and a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR exists (select from admissions a where a.tenant_id = hosts.tenant_id and a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')))));

CREATE POLICY hosts_delete ON hosts FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR exists (select from admissions a where a.tenant_id = hosts.tenant_id and a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')))));

CREATE TRIGGER hosts_audit AFTER INSERT OR UPDATE OR DELETE ON hosts FOR EACH ROW EXECUTE FUNCTION audit_row('id_number_hash');

ALTER TABLE leases ENABLE ROW LEVEL SECURITY;

ALTER TABLE leases FORCE ROW LEVEL SECURITY;

CREATE POLICY leases_owner ON leases TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY leases_read ON leases FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY leases_insert ON leases FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY leases_update ON leases FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY leases_delete ON leases FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE TRIGGER leases_audit AFTER INSERT OR UPDATE OR DELETE ON leases FOR EACH ROW EXECUTE FUNCTION audit_row();

ALTER TABLE lease_spaces ENABLE ROW LEVEL SECURITY;

ALTER TABLE lease_spaces FORCE ROW LEVEL SECURITY;

CREATE POLICY lease_spaces_owner ON lease_spaces TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY lease_spaces_read ON lease_spaces FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY lease_spaces_insert ON lease_spaces FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY lease_spaces_update ON lease_spaces FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY lease_spaces_delete ON lease_spaces FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE TRIGGER lease_spaces_audit AFTER INSERT OR UPDATE OR DELETE ON lease_spaces FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE FUNCTION spaces_let_to_others(in_base uuid, but_not uuid, days daterange) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT l.space_id FROM lease_spaces l
  WHERE l.base_id = in_base AND l.term && days AND l.tenant_id IS DISTINCT FROM but_not;
END;

ALTER TABLE lease_rent_free ENABLE ROW LEVEL SECURITY;

ALTER TABLE lease_rent_free FORCE ROW LEVEL SECURITY;

CREATE POLICY lease_rent_free_owner ON lease_rent_free TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY lease_rent_free_read ON lease_rent_free FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY lease_rent_free_insert ON lease_rent_free FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY lease_rent_free_update ON lease_rent_free FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY lease_rent_free_delete ON lease_rent_free FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE TRIGGER lease_rent_free_audit AFTER INSERT OR UPDATE OR DELETE ON lease_rent_free FOR EACH ROW EXECUTE FUNCTION audit_row();

ALTER TABLE rent_payments ENABLE ROW LEVEL SECURITY;

ALTER TABLE rent_payments FORCE ROW LEVEL SECURITY;

CREATE POLICY rent_payments_owner ON rent_payments TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY rent_payments_read ON rent_payments FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY rent_payments_insert ON rent_payments FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY rent_payments_update ON rent_payments FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY rent_payments_delete ON rent_payments FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE TRIGGER rent_payments_audit AFTER INSERT OR UPDATE OR DELETE ON rent_payments FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE TRIGGER rent_payments_append_only_rows BEFORE UPDATE OR DELETE ON rent_payments FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER rent_payments_append_only_table BEFORE TRUNCATE ON rent_payments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE bookings ENABLE ROW LEVEL SECURITY;

ALTER TABLE bookings FORCE ROW LEVEL SECURITY;

CREATE POLICY bookings_owner ON bookings TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY bookings_read ON bookings FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY bookings_insert ON bookings FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY bookings_update ON bookings FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY bookings_delete ON bookings FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE FUNCTION seen_bookings(in_base uuid, within tstzrange) RETURNS SETOF bookings
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT b.* FROM bookings b
  WHERE b.base_id = in_base AND b.during && within
    AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR b.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR b.tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));
END;

ALTER TABLE events ENABLE ROW LEVEL SECURITY;

ALTER TABLE events FORCE ROW LEVEL SECURITY;

CREATE POLICY events_owner ON events TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY events_read ON events FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY events_insert ON events FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY events_update ON events FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY events_delete ON events FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE TRIGGER events_append_only_rows BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER events_append_only_table BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE stay_records ENABLE ROW LEVEL SECURITY;

ALTER TABLE stay_records FORCE ROW LEVEL SECURITY;

CREATE POLICY stay_records_owner ON stay_records TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY stay_records_read ON stay_records FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY stay_records_insert ON stay_records FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY stay_records_update ON stay_records FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY stay_records_delete ON stay_records FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE TRIGGER stay_records_append_only_rows BEFORE UPDATE OR DELETE ON stay_records FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER stay_records_append_only_table BEFORE TRUNCATE ON stay_records FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE stays ENABLE ROW LEVEL SECURITY;

ALTER TABLE stays FORCE ROW LEVEL SECURITY;

CREATE POLICY stays_owner ON stays TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY stays_read ON stays FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY stays_insert ON stays FOR INSERT WITH CHECK (false);

CREATE POLICY stays_update ON stays FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK (false);

CREATE POLICY stays_delete ON stays FOR DELETE USING (false);

CREATE FUNCTION keep_newest_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
BEGIN
  -- one statement for all inserted rows: an import of a year stays set-based
  INSERT INTO stays (id, revision, booking_id, studio_id, base_id, tenant_id, checked_in_at, checked_out_at, voided)
  SELECT DISTINCT ON (stay_id) stay_id, revision, booking_id, studio_id, base_id, tenant_id,
         checked_in_at, checked_out_at, voided
  FROM written ORDER BY stay_id, revision DESC
  ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, booking_id = excluded.booking_id,
    studio_id = excluded.studio_id, base_id = excluded.base_id, tenant_id = excluded.tenant_id,
    checked_in_at = excluded.checked_in_at, checked_out_at = excluded.checked_out_at, voided = excluded.voided
  WHERE stays.revision < excluded.revision;
  RETURN NULL;
END $$;

CREATE TRIGGER stay_records_keep_newest AFTER INSERT ON stay_records REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION keep_newest_stay();

ALTER TABLE month_reports ENABLE ROW LEVEL SECURITY;

ALTER TABLE month_reports FORCE ROW LEVEL SECURITY;

CREATE POLICY month_reports_owner ON month_reports TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY month_reports_read ON month_reports FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR false);

CREATE POLICY month_reports_insert ON month_reports FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY month_reports_update ON month_reports FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR false) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY month_reports_delete ON month_reports FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE TRIGGER month_reports_append_only_rows BEFORE UPDATE OR DELETE ON month_reports FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER month_reports_append_only_table BEFORE TRUNCATE ON month_reports FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE report_leases ENABLE ROW LEVEL SECURITY;

ALTER TABLE report_leases FORCE ROW LEVEL SECURITY;

CREATE POLICY report_leases_owner ON report_leases TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY report_leases_read ON report_leases FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY report_leases_insert ON report_leases FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY report_leases_update ON report_leases FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY report_leases_delete ON report_leases FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE TRIGGER report_leases_append_only_rows BEFORE UPDATE OR DELETE ON report_leases FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER report_leases_append_only_table BEFORE TRUNCATE ON report_leases FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION frozen_months(of_bases uuid[], first date, last date)
RETURNS TABLE (base_id uuid, month date, revision integer, report_id uuid, digest text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT DISTINCT ON (r.base_id, r.month) r.base_id, r.month, r.revision, r.id, r.digest
  FROM month_reports r WHERE r.base_id = ANY (of_bases) AND r.month BETWEEN first AND last
  ORDER BY r.base_id, r.month, r.revision DESC;
END;

CREATE FUNCTION month_bookings(in_base uuid, since timestamptz, until timestamptz)
RETURNS TABLE (studio text, uscc text, starts timestamptz, ends timestamptz, state text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100000 SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT p.code, t.uscc, lower(b.during), coalesce(b.released_at, upper(b.during)), b.state
  FROM bookings b JOIN (SELECT p.id, p.code FROM spaces p WHERE p.base_id = in_base AND p.kind = 'studio') p ON p.id = b.studio_id JOIN tenants t ON t.id = b.tenant_id
  WHERE b.base_id = in_base AND b.during && tstzrange(since, until) AND b.state <> 'cancelled' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR in_base = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')));
END;

CREATE FUNCTION month_stays(in_base uuid, since timestamptz, until timestamptz)
RETURNS TABLE (studio text, uscc text, starts timestamptz, ends timestamptz, auto_closed boolean, corrected boolean)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100000 SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT p.code, t.uscc, s.checked_in_at, e.ends, s.checked_out_at IS NULL, s.revision > 1
  FROM stays s JOIN (SELECT p.id, p.code FROM spaces p WHERE p.base_id = in_base AND p.kind = 'studio') p ON p.id = s.studio_id JOIN tenants t ON t.id = s.tenant_id
  JOIN bookings b ON b.id = s.booking_id
  CROSS JOIN LATERAL (
    SELECT coalesce(s.checked_out_at, greatest(s.checked_in_at, coalesce(b.released_at, upper(b.during)))) AS ends) e
  WHERE s.base_id = in_base AND tstzrange(s.checked_in_at, s.checked_out_at, '[]') && tstzrange(since, until)
    AND (e.ends > since OR s.checked_in_at >= since) AND NOT s.voided AND b.state <> 'cancelled' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR in_base = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')));
END;

CREATE FUNCTION month_leases(in_base uuid, days daterange)
RETURNS TABLE (id uuid, tenant_id uuid, ref text, uscc text, area_m2 numeric, term daterange, monthly_rent_fen bigint,
               property_fee_fen bigint, rent_free datemultirange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT l.id, l.tenant_id, l.ref, t.uscc, l.area_m2, l.term, l.monthly_rent_fen, l.property_fee_fen,
         coalesce((SELECT range_agg(f.days) FROM lease_rent_free f WHERE f.lease_id = l.id), '{}')
  FROM leases l JOIN tenants t ON t.id = l.tenant_id
  WHERE l.base_id = in_base AND l.term && days AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR in_base = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')));
END;

ALTER TABLE claims ENABLE ROW LEVEL SECURITY;

ALTER TABLE claims FORCE ROW LEVEL SECURITY;

CREATE POLICY claims_owner ON claims TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY claims_read ON claims FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR base_ids && coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'));

CREATE POLICY claims_insert ON claims FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR base_ids && coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY claims_update ON claims FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR base_ids && coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR base_ids && coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY claims_delete ON claims FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')) OR base_ids && coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')));

CREATE TRIGGER claims_audit AFTER INSERT OR UPDATE OR DELETE ON claims FOR EACH ROW EXECUTE FUNCTION audit_row('-canonical', '-names');

CREATE FUNCTION leases_elsewhere(enterprise uuid, known_bases uuid[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT EXISTS (SELECT FROM leases l WHERE l.tenant_id = enterprise AND l.base_id <> ALL (known_bases))
      OR EXISTS (SELECT FROM report_leases r WHERE r.tenant_id = enterprise AND r.base_id <> ALL (known_bases));
END;

CREATE FUNCTION actor_of(person uuid, label text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE grants jsonb; reach text; seen_bases text; seen_tenants text;
BEGIN
  SELECT coalesce(jsonb_agg(jsonb_build_array(m.role, m.base_id, m.tenant_id) ORDER BY m.id), '[]'),
         CASE WHEN bool_or(m.role = 'admin') THEN 'admin'
              WHEN bool_or(m.role = 'reviewer') THEN 'reviewer' ELSE 'member' END,
         -- a reviewer with no base of its own reviews all of them
         CASE WHEN bool_or(m.role = 'reviewer' AND m.base_id IS NULL)
              THEN (SELECT string_agg(b.id::text, ',') FROM bases b)
              ELSE coalesce(string_agg(DISTINCT m.base_id::text, ','), '') END,
         coalesce(string_agg(DISTINCT m.tenant_id::text, ','), '')
    INTO grants, reach, seen_bases, seen_tenants
    FROM memberships m WHERE m.user_id = person AND m.ended_at IS NULL;
  PERFORM set_config('app.role', reach, true), set_config('app.bases', coalesce(seen_bases, ''), true),
          set_config('app.tenants', seen_tenants, true), set_config('app.actor', person::text, true),
          set_config('app.actor_label', label, true);
  RETURN jsonb_build_object('grants', grants, 'reach', reach, 'bases', coalesce(seen_bases, ''),
                            'tenants', seen_tenants);
END $$;

CREATE FUNCTION identify_session(secret bytea, at timestamptz) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT jsonb_build_object('id', s.id, 'user_id', u.id, 'name', u.name, 'email', u.email, 'locale', u.locale,
    'seen_at', s.seen_at, 'second_factor', s.second_factor_at IS NOT NULL, 'has_totp', u.totp_confirmed_at IS NOT NULL,
    'current_base_id', s.current_base_id) || actor_of(u.id, u.name)
  FROM sign_in_sessions s JOIN users u ON u.id = s.user_id
  WHERE s.secret_hash = secret AND s.ended_at IS NULL AND s.expires_at > at AND u.disabled_at IS NULL;
END;

CREATE FUNCTION identify_token(secret bytea, at timestamptz) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT jsonb_build_object('id', t.id, 'user_id', u.id, 'name', u.name, 'email', u.email, 'locale', u.locale,
    'seen_at', t.used_at, 'second_factor', true, 'has_totp', u.totp_confirmed_at IS NOT NULL) || actor_of(u.id, u.name)
  FROM api_tokens t JOIN users u ON u.id = t.user_id
  WHERE t.secret_hash = secret AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > at)
    AND u.disabled_at IS NULL;
END;

REVOKE EXECUTE ON FUNCTION actor_of(uuid, text) FROM PUBLIC;
