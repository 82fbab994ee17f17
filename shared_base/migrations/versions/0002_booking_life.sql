-- Tables that 0001 made and that change.
ALTER TABLE resources DROP CONSTRAINT resources_kind_known,
  ADD CONSTRAINT resources_kind_known CHECK (kind in ('space', 'host', 'unit', 'crew', 'sample'));

ALTER TABLE bases ADD COLUMN crew_rest_minutes integer DEFAULT 660 NOT NULL,
  ADD CONSTRAINT bases_crew_rest_bounded CHECK (crew_rest_minutes between 0 and 2880);

ALTER TABLE spaces ADD COLUMN floor text,
  ADD CONSTRAINT spaces_floor_given CHECK (length(btrim(floor)) between 1 and 20);

ALTER TABLE admissions ADD COLUMN plan text,
  ADD CONSTRAINT admissions_plan_given CHECK (length(btrim(plan)) between 1 and 40);

DROP FUNCTION busy_resources(tstzrange);

DROP INDEX allocations_during;

DROP FUNCTION seen_allocations(uuid[], tstzrange);

ALTER TABLE allocations ADD COLUMN purpose text;

-- It returns rows of `bookings`, whose columns it knew when it was made.
DROP FUNCTION seen_bookings(uuid, tstzrange);

ALTER TABLE bookings DROP CONSTRAINT bookings_state_known,
  ADD CONSTRAINT bookings_state_known CHECK (
    state in ('held', 'requested', 'confirmed', 'checked_in', 'completed', 'no_show', 'cancelled')),
  ADD COLUMN hold_until timestamp with time zone,
  ADD COLUMN buffer_before integer DEFAULT 0 NOT NULL,
  ADD COLUMN buffer_after integer,
  ADD COLUMN early_minutes integer DEFAULT 60 NOT NULL,
  ADD COLUMN grace_minutes integer DEFAULT 15 NOT NULL,
  ADD COLUMN cancel_minutes integer DEFAULT 0 NOT NULL,
  ADD COLUMN series_id uuid,
  ADD COLUMN occurrence_at timestamp with time zone,
  ADD COLUMN own_fields text[] DEFAULT '{}' NOT NULL,
  ADD COLUMN needs jsonb DEFAULT '{}' NOT NULL,
  ADD CONSTRAINT bookings_hold_expires CHECK ((state = 'held') = (hold_until is not null)),
  ADD CONSTRAINT bookings_terms_bounded CHECK (
    buffer_before between 0 and 720 and buffer_after between 0 and 720 and early_minutes between 0 and 1440
    and grace_minutes between 0 and 1440 and cancel_minutes between 0 and 525600),
  ADD CONSTRAINT bookings_series_occurrence CHECK ((series_id is null) = (occurrence_at is null));

CREATE TABLE news (
    event_id BIGINT NOT NULL,
    CONSTRAINT news_pkey PRIMARY KEY (event_id)
);

CREATE TABLE special_days (
    base_id UUID NOT NULL,
    day DATE NOT NULL,
    opens_minute INTEGER,
    closes_minute INTEGER,
    note TEXT NOT NULL,
    CONSTRAINT special_days_pkey PRIMARY KEY (base_id, day),
    CONSTRAINT special_days_within_a_day CHECK ((opens_minute is null) = (closes_minute is null) and opens_minute between 0 and 1439 and closes_minute > opens_minute and closes_minute <= opens_minute + 1440),
    CONSTRAINT special_days_note_given CHECK (length(btrim(note)) between 1 and 100),
    CONSTRAINT special_days_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE TABLE booking_quotas (
    id UUID DEFAULT uuidv7() NOT NULL,
    base_id UUID NOT NULL,
    tenant_id UUID,
    plan TEXT,
    period TEXT NOT NULL,
    most_minutes INTEGER,
    most_bookings INTEGER,
    valid DATERANGE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT booking_quotas_pkey PRIMARY KEY (id),
    CONSTRAINT booking_quotas_period_known CHECK (period in ('day', 'week', 'month')),
    CONSTRAINT booking_quotas_for_one CHECK (tenant_id is null or plan is null),
    CONSTRAINT booking_quotas_say_something CHECK (most_minutes > 0 and most_bookings > 0 and (most_minutes is not null or most_bookings is not null)),
    CONSTRAINT booking_quotas_valid_not_empty CHECK (not isempty(valid)),
    CONSTRAINT booking_quotas_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id),
    CONSTRAINT booking_quotas_tenant_fkey FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE INDEX booking_quotas_base ON booking_quotas (base_id);

CREATE TABLE crew_roles (
    id UUID DEFAULT uuidv7() NOT NULL,
    base_id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT crew_roles_pkey PRIMARY KEY (id),
    CONSTRAINT crew_roles_code_unique_in_base UNIQUE (base_id, code),
    CONSTRAINT crew_roles_base_and_id UNIQUE (base_id, id),
    CONSTRAINT crew_roles_code_shape CHECK (code ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
    CONSTRAINT crew_roles_name_given CHECK (length(btrim(name)) between 1 and 100),
    CONSTRAINT crew_roles_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE TABLE equipment_kinds (
    id UUID DEFAULT uuidv7() NOT NULL,
    base_id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT equipment_kinds_pkey PRIMARY KEY (id),
    CONSTRAINT equipment_kinds_code_unique_in_base UNIQUE (base_id, code),
    CONSTRAINT equipment_kinds_base_and_id UNIQUE (base_id, id),
    CONSTRAINT equipment_kinds_code_shape CHECK (code ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
    CONSTRAINT equipment_kinds_name_given CHECK (length(btrim(name)) between 1 and 100),
    CONSTRAINT equipment_kinds_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE TABLE muted_mails (
    user_id UUID NOT NULL,
    kind TEXT NOT NULL,
    CONSTRAINT muted_mails_pkey PRIMARY KEY (user_id, kind),
    CONSTRAINT muted_mails_user_fkey FOREIGN KEY(user_id) REFERENCES users (id),
    CONSTRAINT muted_mails_kind_known CHECK (kind in ('bookings', 'disruptions', 'holds', 'reminders', 'requests'))
);

CREATE TABLE crew_members (
    id UUID NOT NULL,
    base_id UUID NOT NULL,
    name TEXT NOT NULL,
    phone TEXT,
    left_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT crew_members_pkey PRIMARY KEY (id),
    CONSTRAINT crew_members_base_and_id UNIQUE (base_id, id),
    CONSTRAINT crew_members_name_given CHECK (length(btrim(name)) between 1 and 100),
    CONSTRAINT crew_members_phone_length CHECK (length(phone) <= 40),
    CONSTRAINT crew_members_resource_fkey FOREIGN KEY(id) REFERENCES resources (id),
    CONSTRAINT crew_members_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE INDEX crew_members_base ON crew_members (base_id);

CREATE TABLE samples (
    id UUID NOT NULL,
    base_id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    sku TEXT,
    counted BOOLEAN DEFAULT false NOT NULL,
    quantity INTEGER DEFAULT '1' NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT samples_pkey PRIMARY KEY (id),
    CONSTRAINT samples_code_unique_in_base UNIQUE (base_id, code),
    CONSTRAINT samples_base_and_id UNIQUE (base_id, id),
    CONSTRAINT samples_code_given CHECK (length(btrim(code)) between 1 and 40),
    CONSTRAINT samples_name_given CHECK (length(btrim(name)) between 1 and 200),
    CONSTRAINT samples_quantity CHECK (quantity between 0 and 1000000 and (counted or quantity = 1)),
    CONSTRAINT samples_resource_fkey FOREIGN KEY(id) REFERENCES resources (id),
    CONSTRAINT samples_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE TABLE booking_rules (
    id UUID DEFAULT uuidv7() NOT NULL,
    base_id UUID NOT NULL,
    space_id UUID,
    valid DATERANGE NOT NULL,
    buffer_before INTEGER,
    buffer_after INTEGER,
    notice_minutes INTEGER,
    horizon_days INTEGER,
    shortest_minutes INTEGER,
    longest_minutes INTEGER,
    needs_approval BOOLEAN,
    bookable_by TEXT,
    cancel_minutes INTEGER,
    early_minutes INTEGER,
    grace_minutes INTEGER,
    hold_minutes INTEGER,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT booking_rules_pkey PRIMARY KEY (id),
    CONSTRAINT booking_rules_one_a_day EXCLUDE USING gist (base_id WITH =, coalesce(space_id, '00000000-0000-0000-0000-000000000000'::uuid) WITH =, valid WITH &&),
    CONSTRAINT booking_rules_valid_not_empty CHECK (not isempty(valid)),
    CONSTRAINT booking_rules_buffers_bounded CHECK (buffer_before between 0 and 720 and buffer_after between 0 and 720),
    CONSTRAINT booking_rules_notice_bounded CHECK (notice_minutes between 0 and 525600 and cancel_minutes between 0 and 525600 and horizon_days between 1 and 3660),
    CONSTRAINT booking_rules_lengths_bounded CHECK (shortest_minutes between 1 and 525600 and longest_minutes between 1 and 525600 and longest_minutes >= shortest_minutes),
    CONSTRAINT booking_rules_windows_bounded CHECK (early_minutes between 0 and 1440 and grace_minutes between 0 and 1440 and hold_minutes between 1 and 10080),
    CONSTRAINT booking_rules_bookable_by_known CHECK (bookable_by in ('tenants', 'staff')),
    CONSTRAINT booking_rules_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id),
    CONSTRAINT booking_rules_space_fkey FOREIGN KEY(base_id, space_id) REFERENCES spaces (base_id, id)
);

CREATE TABLE booking_series (
    id UUID DEFAULT uuidv7() NOT NULL,
    base_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    studio_id UUID NOT NULL,
    host_id UUID,
    title TEXT DEFAULT '' NOT NULL,
    platform TEXT,
    rrule TEXT NOT NULL,
    timezone TEXT NOT NULL,
    first_start TIMESTAMP WITH TIME ZONE NOT NULL,
    duration_seconds INTEGER NOT NULL,
    exdates TIMESTAMP WITH TIME ZONE[] DEFAULT '{}' NOT NULL,
    rdates TIMESTAMP WITH TIME ZONE[] DEFAULT '{}' NOT NULL,
    needs JSONB DEFAULT '{}' NOT NULL,
    on_conflict TEXT DEFAULT 'refuse' NOT NULL,
    split_from UUID,
    cancelled_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID,
    version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT booking_series_pkey PRIMARY KEY (id),
    CONSTRAINT booking_series_tenant_and_id UNIQUE (tenant_id, id),
    CONSTRAINT booking_series_duration_positive CHECK (duration_seconds > 0),
    CONSTRAINT booking_series_title_length CHECK (length(title) <= 200),
    CONSTRAINT booking_series_on_conflict_known CHECK (on_conflict in ('refuse', 'skip')),
    CONSTRAINT booking_series_tenant_fkey FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT booking_series_studio_fkey FOREIGN KEY(base_id, studio_id) REFERENCES spaces (base_id, id),
    CONSTRAINT booking_series_host_fkey FOREIGN KEY(tenant_id, host_id) REFERENCES hosts (tenant_id, id),
    CONSTRAINT booking_series_split_fkey FOREIGN KEY(tenant_id, split_from) REFERENCES booking_series (tenant_id, id),
    CONSTRAINT booking_series_creator_fkey FOREIGN KEY(created_by) REFERENCES users (id)
);

CREATE INDEX booking_series_base ON booking_series (base_id, id);

CREATE INDEX booking_series_tenant ON booking_series (tenant_id, id);

CREATE TABLE calendar_feeds (
    id UUID DEFAULT uuidv7() NOT NULL,
    kind TEXT NOT NULL,
    tenant_id UUID,
    host_id UUID,
    base_id UUID,
    studio_id UUID,
    label TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT calendar_feeds_pkey PRIMARY KEY (id),
    CONSTRAINT calendar_feeds_kind_known CHECK (kind in ('tenant', 'host', 'studio')),
    CONSTRAINT calendar_feeds_of_one CHECK (case kind when 'tenant' then tenant_id is not null and host_id is null and studio_id is null when 'host' then tenant_id is not null and host_id is not null and studio_id is null else base_id is not null and studio_id is not null and tenant_id is null and host_id is null end),
    CONSTRAINT calendar_feeds_label_given CHECK (length(label) between 1 and 100),
    CONSTRAINT calendar_feeds_secret_unique UNIQUE (secret_hash),
    CONSTRAINT calendar_feeds_tenant_fkey FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT calendar_feeds_host_fkey FOREIGN KEY(tenant_id, host_id) REFERENCES hosts (tenant_id, id),
    CONSTRAINT calendar_feeds_studio_fkey FOREIGN KEY(base_id, studio_id) REFERENCES spaces (base_id, id),
    CONSTRAINT calendar_feeds_creator_fkey FOREIGN KEY(created_by) REFERENCES users (id)
);

CREATE INDEX calendar_feeds_base ON calendar_feeds (base_id);

CREATE INDEX calendar_feeds_tenant ON calendar_feeds (tenant_id);

CREATE TABLE crew_skills (
    base_id UUID NOT NULL,
    crew_id UUID NOT NULL,
    role_id UUID NOT NULL,
    CONSTRAINT crew_skills_pkey PRIMARY KEY (crew_id, role_id),
    CONSTRAINT crew_skills_member_fkey FOREIGN KEY(base_id, crew_id) REFERENCES crew_members (base_id, id),
    CONSTRAINT crew_skills_role_fkey FOREIGN KEY(base_id, role_id) REFERENCES crew_roles (base_id, id)
);

CREATE INDEX crew_skills_role ON crew_skills (role_id);

CREATE TABLE crew_shifts (
    id UUID DEFAULT uuidv7() NOT NULL,
    base_id UUID NOT NULL,
    crew_id UUID NOT NULL,
    during TSTZRANGE NOT NULL,
    guarded TSTZRANGE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT crew_shifts_pkey PRIMARY KEY (id),
    CONSTRAINT crew_shifts_during_bounded CHECK (not isempty(during) and lower_inc(during) and not upper_inc(during) and lower_inf(during) is false and upper_inf(during) is false and lower(during) >= '2000-01-01T00:00Z' and upper(during) <= '2200-01-01T00:00Z' and extract(microseconds from lower(during)) % 1000000 = 0 and extract(microseconds from upper(during)) % 1000000 = 0),
    CONSTRAINT crew_shifts_guard_the_shift CHECK (guarded @> during and lower(guarded) = lower(during)),
    CONSTRAINT crew_shifts_rested EXCLUDE USING gist (crew_id WITH =, guarded WITH &&),
    CONSTRAINT crew_shifts_member_fkey FOREIGN KEY(base_id, crew_id) REFERENCES crew_members (base_id, id)
);

CREATE INDEX crew_shifts_base ON crew_shifts USING gist (base_id, during);

CREATE TABLE equipment_units (
    id UUID NOT NULL,
    base_id UUID NOT NULL,
    kind_id UUID NOT NULL,
    tag TEXT NOT NULL,
    serial TEXT,
    fixed_to UUID,
    retired_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT equipment_units_pkey PRIMARY KEY (id),
    CONSTRAINT equipment_units_tag_unique_in_base UNIQUE (base_id, tag),
    CONSTRAINT equipment_units_base_and_id UNIQUE (base_id, id),
    CONSTRAINT equipment_units_tag_given CHECK (length(btrim(tag)) between 1 and 40),
    CONSTRAINT equipment_units_serial_length CHECK (length(serial) <= 100),
    CONSTRAINT equipment_units_resource_fkey FOREIGN KEY(id) REFERENCES resources (id),
    CONSTRAINT equipment_units_kind_fkey FOREIGN KEY(base_id, kind_id) REFERENCES equipment_kinds (base_id, id),
    CONSTRAINT equipment_units_space_fkey FOREIGN KEY(base_id, fixed_to) REFERENCES spaces (base_id, id)
);

CREATE INDEX equipment_units_fixed ON equipment_units (fixed_to) WHERE fixed_to is not null;

CREATE INDEX equipment_units_kind ON equipment_units (kind_id);

CREATE UNIQUE INDEX bookings_occurrence_once ON bookings (series_id, occurrence_at);

CREATE INDEX bookings_held ON bookings (hold_until) WHERE state = 'held';

CREATE INDEX bookings_requested ON bookings (base_id) WHERE state = 'requested';

CREATE INDEX bookings_expected ON bookings (starts_at) WHERE state = 'confirmed' and created_at < upper(during);

CREATE INDEX allocations_base_during ON allocations USING gist (base_id, during) INCLUDE (resource_id) WHERE live;

CREATE TABLE lot_claims (
    id UUID DEFAULT uuidv7() NOT NULL,
    resource_id UUID NOT NULL,
    booking_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    base_id UUID NOT NULL,
    during TSTZRANGE NOT NULL,
    quantity INTEGER NOT NULL,
    live BOOLEAN DEFAULT true NOT NULL,
    CONSTRAINT lot_claims_pkey PRIMARY KEY (id),
    CONSTRAINT lot_claims_quantity_positive CHECK (quantity > 0),
    CONSTRAINT lot_claims_during_bounded CHECK (not isempty(during) and lower_inc(during) and not upper_inc(during) and lower_inf(during) is false and upper_inf(during) is false and lower(during) >= '2000-01-01T00:00Z' and upper(during) <= '2200-01-01T00:00Z' and extract(microseconds from lower(during)) % 1000000 = 0 and extract(microseconds from upper(during)) % 1000000 = 0),
    CONSTRAINT lot_claims_booking_fkey FOREIGN KEY(tenant_id, booking_id) REFERENCES bookings (tenant_id, id),
    CONSTRAINT lot_claims_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id),
    CONSTRAINT lot_claims_resource_fkey FOREIGN KEY(resource_id) REFERENCES resources (id)
);

CREATE INDEX lot_claims_lot ON lot_claims USING gist (resource_id, during) WHERE live;

CREATE INDEX lot_claims_booking ON lot_claims (booking_id);

CREATE TABLE booking_passes (
    id UUID DEFAULT uuidv7() NOT NULL,
    booking_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    base_id UUID NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT booking_passes_pkey PRIMARY KEY (id),
    CONSTRAINT booking_passes_booking_fkey FOREIGN KEY(tenant_id, booking_id) REFERENCES bookings (tenant_id, id),
    CONSTRAINT booking_passes_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id)
);

CREATE UNIQUE INDEX booking_passes_one_valid ON booking_passes (booking_id) WHERE revoked_at is null;

CREATE TABLE booking_notices (
    booking_id UUID NOT NULL,
    kind TEXT NOT NULL,
    tenant_id UUID NOT NULL,
    base_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT booking_notices_pkey PRIMARY KEY (booking_id, kind),
    CONSTRAINT booking_notices_booking_fkey FOREIGN KEY(tenant_id, booking_id) REFERENCES bookings (tenant_id, id)
);

CREATE TABLE waitlist_entries (
    id UUID DEFAULT uuidv7() NOT NULL,
    base_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    studio_id UUID,
    host_id UUID,
    scene TEXT,
    min_area_m2 NUMERIC(12, 4),
    during TSTZRANGE NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    needs JSONB DEFAULT '{}' NOT NULL,
    state TEXT DEFAULT 'waiting' NOT NULL,
    offered_booking_id UUID,
    tried_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by UUID,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT waitlist_entries_pkey PRIMARY KEY (id),
    CONSTRAINT waitlist_entries_state_known CHECK (state in ('waiting', 'offered', 'taken', 'expired', 'withdrawn')),
    CONSTRAINT waitlist_entries_during_bounded CHECK (not isempty(during) and lower_inc(during) and not upper_inc(during) and lower_inf(during) is false and upper_inf(during) is false and lower(during) >= '2000-01-01T00:00Z' and upper(during) <= '2200-01-01T00:00Z' and extract(microseconds from lower(during)) % 1000000 = 0 and extract(microseconds from upper(during)) % 1000000 = 0),
    CONSTRAINT waitlist_entries_offer_is_a_hold CHECK ((state in ('offered', 'taken')) <= (offered_booking_id is not null)),
    CONSTRAINT waitlist_entries_title_length CHECK (length(title) <= 200),
    CONSTRAINT waitlist_entries_ended_when_over CHECK ((state in ('waiting', 'offered')) = (ended_at is null)),
    CONSTRAINT waitlist_entries_tenant_fkey FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT waitlist_entries_base_fkey FOREIGN KEY(base_id) REFERENCES bases (id),
    CONSTRAINT waitlist_entries_studio_fkey FOREIGN KEY(base_id, studio_id) REFERENCES spaces (base_id, id),
    CONSTRAINT waitlist_entries_host_fkey FOREIGN KEY(tenant_id, host_id) REFERENCES hosts (tenant_id, id),
    CONSTRAINT waitlist_entries_booking_fkey FOREIGN KEY(tenant_id, offered_booking_id) REFERENCES bookings (tenant_id, id),
    CONSTRAINT waitlist_entries_creator_fkey FOREIGN KEY(created_by) REFERENCES users (id)
);

CREATE INDEX waitlist_entries_tenant ON waitlist_entries (tenant_id, id);

CREATE INDEX waitlist_entries_waiting ON waitlist_entries (base_id, id) WHERE state in ('waiting', 'offered');

CREATE OR REPLACE FUNCTION busy_resources(in_base uuid, within tstzrange) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT a.resource_id FROM allocations a WHERE a.live AND a.base_id = in_base AND a.during && within;
END;

ALTER TABLE lot_claims ENABLE ROW LEVEL SECURITY;

ALTER TABLE lot_claims FORCE ROW LEVEL SECURITY;

CREATE POLICY lot_claims_owner ON lot_claims TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY lot_claims_read ON lot_claims FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY lot_claims_insert ON lot_claims FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY lot_claims_update ON lot_claims FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY lot_claims_delete ON lot_claims FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE FUNCTION lot_peak(lot uuid, within tstzrange, but_not uuid[]) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  WITH held AS (
    SELECT c.during, c.quantity FROM lot_claims c
    WHERE c.resource_id = lot AND c.live AND c.during && within AND c.booking_id <> ALL (but_not)
  ), moments AS (
    SELECT greatest(lower(held.during), lower(within)) AS at FROM held
  )
  SELECT coalesce(max(sums.total), 0) FROM (
    SELECT sum(held.quantity) AS total FROM (SELECT DISTINCT at FROM moments) m JOIN held ON held.during @> m.at
    GROUP BY m.at) sums;
END;

CREATE TRIGGER special_days_audit AFTER INSERT OR UPDATE OR DELETE ON special_days FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE FUNCTION lapse_holds(in_base uuid, moment timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  WITH due AS (
    SELECT b.id FROM bookings b
    WHERE b.state = 'held' AND b.hold_until <= moment AND (in_base IS NULL OR b.base_id = in_base)
    FOR UPDATE SKIP LOCKED
  ), lapsed AS (
    UPDATE bookings b SET state = 'cancelled', cancelled_at = moment, hold_until = NULL, changed_at = moment,
      version = b.version + 1
    FROM due WHERE b.id = due.id RETURNING b.id, b.base_id, b.tenant_id
  ), allocations_given_up AS (
    UPDATE allocations a SET live = false FROM lapsed WHERE a.booking_id = lapsed.id AND a.live
  ), lots_given_up AS (
    UPDATE lot_claims c SET live = false FROM lapsed WHERE c.booking_id = lapsed.id AND c.live
  ), told AS (
    INSERT INTO events (at, kind, subject_id, base_id, tenant_id, actor_label, payload)
    SELECT moment, 'booking.hold_lapsed', lapsed.id, lapsed.base_id, lapsed.tenant_id, 'system',
           jsonb_build_object('before', jsonb_build_object('state', 'held'),
                              'after', jsonb_build_object('state', 'cancelled'))
    FROM lapsed
  )
  SELECT count(*) FROM bookings b
  WHERE b.state = 'held' AND b.hold_until <= moment AND (in_base IS NULL OR b.base_id = in_base);
END;

ALTER TABLE booking_passes ENABLE ROW LEVEL SECURITY;

ALTER TABLE booking_passes FORCE ROW LEVEL SECURITY;

CREATE POLICY booking_passes_owner ON booking_passes TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY booking_passes_read ON booking_passes FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY booking_passes_insert ON booking_passes FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY booking_passes_update ON booking_passes FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY booking_passes_delete ON booking_passes FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

ALTER TABLE booking_notices ENABLE ROW LEVEL SECURITY;

ALTER TABLE booking_notices FORCE ROW LEVEL SECURITY;

CREATE POLICY booking_notices_owner ON booking_notices TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY booking_notices_read ON booking_notices FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY booking_notices_insert ON booking_notices FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY booking_notices_update ON booking_notices FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY booking_notices_delete ON booking_notices FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE TRIGGER booking_rules_audit AFTER INSERT OR UPDATE OR DELETE ON booking_rules FOR EACH ROW EXECUTE FUNCTION audit_row();

ALTER TABLE booking_quotas ENABLE ROW LEVEL SECURITY;

ALTER TABLE booking_quotas FORCE ROW LEVEL SECURITY;

CREATE POLICY booking_quotas_owner ON booking_quotas TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY booking_quotas_read ON booking_quotas FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR tenant_id IS NULL OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY booking_quotas_insert ON booking_quotas FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY booking_quotas_update ON booking_quotas FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR tenant_id IS NULL OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY booking_quotas_delete ON booking_quotas FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}'))));

CREATE TRIGGER booking_quotas_audit AFTER INSERT OR UPDATE OR DELETE ON booking_quotas FOR EACH ROW EXECUTE FUNCTION audit_row();

ALTER TABLE booking_series ENABLE ROW LEVEL SECURITY;

ALTER TABLE booking_series FORCE ROW LEVEL SECURITY;

CREATE POLICY booking_series_owner ON booking_series TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY booking_series_read ON booking_series FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY booking_series_insert ON booking_series FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY booking_series_update ON booking_series FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY booking_series_delete ON booking_series FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

ALTER TABLE waitlist_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE waitlist_entries FORCE ROW LEVEL SECURITY;

CREATE POLICY waitlist_entries_owner ON waitlist_entries TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY waitlist_entries_read ON waitlist_entries FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY waitlist_entries_insert ON waitlist_entries FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY waitlist_entries_update ON waitlist_entries FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY waitlist_entries_delete ON waitlist_entries FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE FUNCTION waitlist_place(of_entry uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT 1 + count(ahead.id)
  FROM waitlist_entries mine
  LEFT JOIN waitlist_entries ahead
    ON ahead.base_id = mine.base_id AND ahead.id < mine.id AND ahead.state = 'waiting' AND ahead.during && mine.during
    AND (ahead.studio_id IS NULL OR mine.studio_id IS NULL OR ahead.studio_id = mine.studio_id)
    AND (ahead.scene IS NULL OR mine.scene IS NULL OR ahead.scene = mine.scene)
  WHERE mine.id = of_entry AND mine.state = 'waiting'
    AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR mine.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR mine.tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')))
  GROUP BY mine.id;
END;

ALTER TABLE calendar_feeds ENABLE ROW LEVEL SECURITY;

ALTER TABLE calendar_feeds FORCE ROW LEVEL SECURITY;

CREATE POLICY calendar_feeds_owner ON calendar_feeds TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY calendar_feeds_read ON calendar_feeds FOR SELECT USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));

CREATE POLICY calendar_feeds_insert ON calendar_feeds FOR INSERT WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY calendar_feeds_update ON calendar_feeds FOR UPDATE USING ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))) WITH CHECK ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE POLICY calendar_feeds_delete ON calendar_feeds FOR DELETE USING ((select nullif(current_setting('app.role', true), '')) <> 'reviewer' AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}'))));

CREATE TRIGGER calendar_feeds_audit AFTER INSERT OR UPDATE OR DELETE ON calendar_feeds FOR EACH ROW EXECUTE FUNCTION audit_row('secret_hash', '-used_at');

CREATE FUNCTION calendar_feed_stands(creator uuid, of_tenant uuid, of_base uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT EXISTS (
    SELECT FROM users u JOIN memberships m ON m.user_id = u.id
    WHERE u.id = creator AND u.disabled_at IS NULL AND m.ended_at IS NULL
      AND (m.role = 'admin' OR m.tenant_id = of_tenant
           OR m.base_id = of_base AND m.role IN ('operator', 'front_desk')));
END;

CREATE FUNCTION open_calendar_feed(secret bytea) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT jsonb_build_object('id', f.id, 'kind', f.kind, 'tenant_id', f.tenant_id, 'host_id', f.host_id,
    'base_id', f.base_id, 'studio_id', f.studio_id, 'used_at', f.used_at, 'locale', u.locale, 'creator', u.id)
  FROM calendar_feeds f JOIN users u ON u.id = f.created_by
  WHERE f.secret_hash = secret AND f.revoked_at IS NULL AND calendar_feed_stands(f.created_by, f.tenant_id, f.base_id);
END;

CREATE TRIGGER crew_roles_audit AFTER INSERT OR UPDATE OR DELETE ON crew_roles FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE TRIGGER crew_members_audit AFTER INSERT OR UPDATE OR DELETE ON crew_members FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE TRIGGER crew_shifts_audit AFTER INSERT OR UPDATE OR DELETE ON crew_shifts FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE TRIGGER equipment_kinds_audit AFTER INSERT OR UPDATE OR DELETE ON equipment_kinds FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE TRIGGER equipment_units_audit AFTER INSERT OR UPDATE OR DELETE ON equipment_units FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE FUNCTION keep_news() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO news (event_id) VALUES (NEW.id);
  RETURN NULL;
END $$;

CREATE TRIGGER events_news AFTER INSERT ON events FOR EACH ROW WHEN (new.kind in ('booking.approved', 'booking.cancelled', 'booking.confirmed', 'booking.created', 'booking.declined', 'booking.delayed_by_overrun', 'booking.hit_by_closure', 'booking.hold_lapsed', 'booking.hold_released', 'booking.moved', 'booking.no_show', 'booking.requested', 'waitlist.offered') and (new.kind not in ('booking.created', 'booking.confirmed') or (new.tenant_id::text = any (string_to_array(current_setting('app.tenants', true), ','))) is not true)) EXECUTE FUNCTION keep_news();

CREATE OR REPLACE FUNCTION month_bookings(in_base uuid, since timestamptz, until timestamptz)
RETURNS TABLE (studio text, uscc text, starts timestamptz, ends timestamptz, state text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100000 SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT p.code, t.uscc, lower(b.during), coalesce(b.released_at, upper(b.during)), b.state
  FROM bookings b JOIN (SELECT p.id, p.code FROM spaces p WHERE p.base_id = in_base AND p.kind = 'studio') p ON p.id = b.studio_id JOIN tenants t ON t.id = b.tenant_id
  WHERE b.base_id = in_base AND b.during && tstzrange(since, until)
    AND b.state NOT IN ('cancelled', 'held', 'requested') AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR in_base = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')));
END;

CREATE TRIGGER samples_audit AFTER INSERT OR UPDATE OR DELETE ON samples FOR EACH ROW EXECUTE FUNCTION audit_row();

CREATE OR REPLACE FUNCTION seen_allocations(of_resources uuid[], within tstzrange) RETURNS SETOF allocations
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT a.* FROM allocations a
  WHERE a.live AND a.during && within AND a.resource_id = ANY (of_resources)
    AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR a.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR a.tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));
END;

CREATE OR REPLACE FUNCTION seen_bookings(in_base uuid, within tstzrange) RETURNS SETOF bookings
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT b.* FROM bookings b
  WHERE b.base_id = in_base AND b.during && within
    AND ((select nullif(current_setting('app.role', true), '')) in ('system', 'admin') OR b.base_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.bases', true), ''), ',')::uuid[]), '{}')) OR b.tenant_id = ANY (coalesce((select string_to_array(nullif(current_setting('app.tenants', true), ''), ',')::uuid[]), '{}')));
END;

ALTER TABLE bookings ADD CONSTRAINT bookings_series_fkey
  FOREIGN KEY (tenant_id, series_id) REFERENCES booking_series (tenant_id, id);
