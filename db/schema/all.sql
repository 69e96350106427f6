-- The contents page: how the database behaves today, in load order. Idempotent: replaying it changes nothing.
--
-- Functions first, because policies and triggers call them; then policies, one file per table; then the trail.

-- The definer may create functions while this page is read, and at no other time.
grant create on schema app, auth, context, audit, jobs, inspect to rowhouse_definer;

-- The door
--!include context/holder.sql
--!include context/find_session.sql
--!include context/find_api_key.sql
--!include context/refuse.sql
--!include context/claims.sql
--!include context/seal.sql
--!include context/enter.sql
--!include context/act.sql
--!include context/tenant_id.sql
--!include context/user_id.sql
--!include context/permissions.sql
--!include context/may.sql
--!include context/is_owner.sql
--!include context/actor.sql
--!include context/is_caller.sql
--!include context/tenant_where.sql
--!include context/tenant_requiring.sql
--!include context/tenant_holding.sql
--!include context/explained_row.sql
--!include context/readiness.sql
--!include context/close_table.sql

-- The trail
--!include audit/platform.sql
--!include audit/redact.sql
--!include audit/record_event.sql
--!include audit/record_change.sql
--!include audit/refuse_change.sql
--!include audit/track.sql
--!include audit/lock_partition.sql
--!include audit/create_partition.sql
--!include audit/create_partitions.sql

-- Identity
--!include auth/normalise_email.sql
--!include auth/network.sql
--!include auth/throttle.sql
--!include auth/list_tenants.sql
--!include auth/create_tenant.sql
--!include auth/register.sql
--!include auth/verify_email.sql
--!include auth/begin_login.sql
--!include auth/finish_login.sql
--!include auth/refresh_session.sql
--!include auth/end_sessions.sql
--!include auth/record_refusal.sql
--!include auth/list_signing_keys.sql
--!include auth/install_signing_key.sql

-- Jobs
--!include jobs/beat.sql
--!include jobs/create_audit_partitions.sql
--!include jobs/expire_registrations.sql
--!include jobs/expire_sessions.sql
--!include jobs/install_signing_key.sql
--!include jobs/rotate_seal_key.sql

-- Rules of the rows that compare before with after
--!include app/touch_updated_at.sql
--!include app/check_role_permissions.sql
--!include app/guard_membership.sql
--!include app/keep_an_owner.sql

-- The API's own calls
--!include app/audit_events.sql
--!include app/me.sql
--!include app/my_tenant.sql
--!include app/my_membership.sql
--!include app/my_permissions.sql
--!include app/my_conversations.sql
--!include app/my_preferences.sql
--!include app/set_my_preferences.sql

-- Policies: who may do what, table by table
--!include policies/tenants.sql
--!include policies/users.sql
--!include policies/permissions.sql
--!include policies/roles.sql
--!include policies/memberships.sql
--!include policies/conversations.sql
--!include policies/messages.sql
--!include policies/user_preferences.sql
--!include policies/passwords.sql
--!include policies/sessions.sql
--!include policies/registrations.sql
--!include policies/api_keys.sql
--!include policies/login_throttles.sql
--!include policies/signing_keys.sql
--!include policies/seal_keys.sql
--!include policies/errors.sql
--!include policies/heartbeats.sql
--!include policies/events.sql

-- What is documented in the database itself
--!include comments.sql
--!include errors.sql

-- The months that the trail needs first; a job adds the next ones
select audit.create_partitions();

-- What is audited, and then the catalogue, whose changes already are
--!include audit/tracked_tables.sql
--!include app/catalogue_permissions.sql

-- The DBA's desk
--!include inspect/settings.sql
--!include inspect/checked_tables.sql
--!include inspect/checked_policies.sql
--!include inspect/checked_functions.sql
--!include inspect/expression.sql
--!include inspect/unwrap.sql
--!include inspect/conditions.sql
--!include inspect/tidy.sql
--!include inspect/permissions_in.sql
--!include inspect/in_words.sql
--!include inspect/tables.sql
--!include inspect/policy_list.sql
--!include inspect/row_security_of.sql
--!include inspect/effective.sql
--!include inspect/policies.sql
--!include inspect/access.sql
--!include inspect/keys.sql
--!include inspect/indexes.sql
--!include inspect/functions.sql
--!include inspect/audit_coverage.sql
--!include inspect/bypasses.sql
--!include inspect/portability.sql
--!include inspect/key_condition.sql
--!include inspect/leaves.sql
--!include inspect/evaluate.sql
--!include inspect/defaults_of.sql
--!include inspect/explain.sql
--!include inspect/who_can.sql
--!include inspect/grants.sql
--!include inspect/why.sql
--!include inspect/holders.sql

revoke create on schema app, auth, context, audit, jobs, inspect from rowhouse_definer;
