-- What is audited: one call a table. A table that is missing here fails a check, a column without a decision a test.
--
-- The trail forgets late, or never, so each column is asked three questions before its values may be in it:
--   Is it a secret?           Then never: hashes, digests, private keys.
--   Is it what people said?   Then never: messages, and the titles that tell what they are about. That somebody said or
--                             changed something is recorded.
--   Is it who people are?     Then only as far as the trail would not say who did what without it: the address and the
--                             names that somebody went by at the time, and from where a session came. A picture is not.
-- What is left is kept: states, roles, permissions, times. Keys and tenants name the row and are always kept.

-- A company is no person: its name and address are in public use.
select audit.track('app.tenants', tenant => 'id', kept => '{slug,name,status,requires_second_factor,created_at,updated_at,session_idle_minutes,session_lifetime_minutes,single_session,fingerprint,fingerprint_network,allows_guests,support_access,seats,brand_name,brand_color,accent_color,logo_url,language,sign_in_ways,key_limit,requests_per_minute,requests_per_day,deletion_grace_days,storage_limit,audit_retention_months,audit_retention_before,audit_retention_lowers_at}');

-- Who they are: an account that is taken over changes its address first, and nothing else tells from which.
select audit.track('app.users', tenant => '', kept => '{email,is_guest,name,locale,status,created_at,updated_at}');

-- The catalogue and the roles say what may be done. A role's description is part of it.
select audit.track('app.permissions', tenant => '', kept => '{description,of_application,held_by}');
select audit.track('app.roles', kept => '{name,description,permissions,built_in,created_at,updated_at}');

-- Who they are, to their colleagues: a name that is put on to deceive them must be found again. Not the picture's link.
select audit.track('app.memberships',
    kept => '{user_id,role_id,is_owner,status,display_name,created_at,updated_at}', withheld => '{avatar_url}');

-- Teams say what may be read, and grants what may be done and why: the reason is there to be found again.
select audit.track('app.teams', kept => '{name,description,created_at,updated_at}');
select audit.track('app.team_members', kept => '{team_id,user_id,role,created_at,updated_at}');
select audit.track('app.grants', kept => '{user_id,permission,reason,granted_by,created_at,ends_at}');
-- Whom a company asked in, as who and into which teams: not the address, which may be of somebody who is nobody here. And its domains, which are
-- in public use; what is put into the DNS to prove them is read there.
select audit.track('app.invitations',
    kept => '{role_id,invited_by,status,times_sent,sent_at,expires_at,accepted_by,created_at,updated_at}', withheld => '{email}');
select audit.track('app.invitation_teams', kept => '{invitation_id,team_id,role,created_at}');
select audit.track('app.domains',
    kept => '{domain,role_id,admits,verified_at,check_requested_at,checked_at,failures,created_at,updated_at}', withheld => '{challenge}',
    clocks => '{checked_at,check_requested_at,updated_at}');

-- What people said. A message moves its conversation's updated_at, and is an event of its own.
select audit.track('app.conversations',
    kept => '{user_id,team_id,status,pinned_at,deleted_at,last_message_at,created_at,updated_at}', withheld => '{title}',
    clocks => '{updated_at,last_message_at}');
-- Where a message is, and whether in the bin, is its conversation's, of which there is an event.
select audit.track('app.messages',
    kept => '{conversation_id,user_id,team_id,parent_id,role,status,turn_id,generator,model,finish_reason,error_code,deleted_at,created_at}',
    withheld => '{content,parts,provenance,stems}', clocks => '{team_id,deleted_at}');
select audit.track('app.message_feedback', kept => '{message_id,user_id,rating,created_at,updated_at}', withheld => '{comment}');

-- What may be spent, and with whom. How far a budget is used moves with every turn.
select audit.track('app.budgets',
    kept => '{level,subject_id,model,period,cap_micros,spent_micros,reserved_micros,period_start,created_at,updated_at}',
    clocks => '{spent_micros,reserved_micros,period_start}');
select audit.track('app.model_prices', tenant => '',
    kept => '{input_micros,cached_input_micros,output_micros,reasoning_micros,updated_at}');
select audit.track('auth.model_providers',
    kept => '{models,default_model,embedding_model,active,created_at,updated_at}', withheld => '{base_url,sealed_key,system_prompt}');

-- What is there to be read, by whom, and from when on: not what it is about. How far a job has come is no event.
select audit.track('app.documents',
    kept => '{user_id,team_id,visibility,media_type,language,size_bytes,sha256,version,status,failure,created_at,updated_at}',
    withheld => '{title,file_name,tags,progress,attempt,tries,due_at,indexed_at,embedding_model,embedding_failure}',
    clocks => '{language,status,failure,progress,attempt,tries,due_at,indexed_at,embedding_model,embedding_failure,updated_at}');
select audit.track('app.document_versions',
    kept => '{document_id,version,created_by,media_type,size_bytes,sha256,created_at,visibility,team_id,user_id}',
    withheld => '{file_name,object_key}', clocks => '{object_key,visibility,team_id,user_id}');
-- What a company answers itself: for whom, resting on what, and who wrote it last. Not the words, which may be a person's.
select audit.track('app.curated_answers',
    kept => '{user_id,team_id,language,active,message_id,document_ids,document_versions,created_at,updated_at}',
    withheld => '{question,answer,stems}');
-- Who lets colleagues read which conversation, up to where, and until when. That somebody opened it is an event of its own.
select audit.track('auth.share_links',
    kept => '{user_id,conversation_id,message_id,team_id,created_at,expires_at,revoked_at}', withheld => '{digest}');
-- That something is remembered, or forgotten; what it is, is between the person and the machine.
select audit.track('app.memories', kept => '{user_id,learned,created_at,updated_at}', withheld => '{content}');
-- That it was switched on or off; what somebody asks about is not written down.
select audit.track('app.user_profiles',
    kept => '{user_id,enabled,created_at}', withheld => '{questions,model,embedding,updated_at}',
    clocks => '{questions,model,embedding,updated_at}');

-- How to speak to somebody and what to tell them, in closed words, and which model answers.
select audit.track('app.user_preferences',
    kept => '{user_id,language,tone,model,temperature,max_answer_tokens,notify_answers,notify_weekly,remember,created_at,updated_at}');
select audit.track('app.tenant_preferences',
    kept => '{language,tone,model,temperature,max_answer_tokens,notify_answers,notify_weekly,remember,created_at,updated_at}');

-- With which account elsewhere somebody signs in: one that a thief linked must be found again.
select audit.track('auth.identities', tenant => '',
    kept => '{user_id,provider,issuer,subject,created_at,last_used_at}', clocks => '{last_used_at}');

-- Where a tenant's events go: whoever led them elsewhere must be found. An address may hold a token, and a description is
-- what people said. How far it has come is no event.
select audit.track('app.webhook_event_types', tenant => '', kept => '{description}');
select audit.track('app.webhook_endpoints',
    kept => '{events,active,disabled_reason,failing_since,created_at,updated_at}', withheld => '{url,description,last_sequence,lent_until}',
    clocks => '{failing_since,last_sequence,lent_until}');

-- Where the trail itself goes, and from where on. How far it has come is no event: each would be sent, and be one more.
select audit.track('app.audit_streams',
    kept => '{kind,format,active,disabled_reason,last_index,failing_since,created_at,updated_at}',
    withheld => '{url,description,failures,failure,response_status,next_attempt_at,lent_until}',
    clocks => '{last_index,failing_since,failures,failure,response_status,next_attempt_at,lent_until}');

-- What models may have called, and who said so. An address may hold a token; what a tool is, its fingerprint tells.
select audit.track('app.tool_servers', kept => '{kind,name,team_id,active,created_at,updated_at}', withheld => '{url}');
select audit.track('app.tools',
    kept => '{server_id,name,method,approval,active,fingerprint,approved_fingerprint,approved,created_at,updated_at}',
    withheld => '{description,input_schema,path}');

-- Secrets, around which the rest is kept. Where a session came from tells a stolen one from its owner's. The name of a
-- key is how its owner tells it from the others. That a session is in use is no event: its sign-in and refreshes are.
select audit.track('auth.passwords', tenant => '', kept => '{changed_at}', withheld => '{hash}');
select audit.track('auth.sessions',
    kept => '{user_id,methods,counter,rotated_at,acknowledged_at,last_seen_at,user_agent,ip,key_thumbprint,way,created_at,authenticated_at,idle_expires_at,expires_at,ended_at,end_reason}',
    withheld => '{handle_digest}', clocks => '{acknowledged_at,last_seen_at}');
select audit.track('auth.api_keys',
    kept => '{kind,user_id,role_id,created_by,name,beginning,scopes,requests_per_minute,opens_guests,origins,addresses,replaces,used_count,last_used_at,created_at,expires_at,revoked_at}',
    withheld => '{digest}', clocks => '{used_count,last_used_at}');
select audit.track('auth.tool_secrets', kept => '{server_id,header,created_at}', withheld => '{sealed}');
select audit.track('auth.webhook_secrets', kept => '{endpoint_id,stream_id,created_at,expires_at}', withheld => '{secret}');
-- An operator inside, and why: what a company must be able to look up for ever.
select audit.track('auth.support_accesses',
    kept => '{user_id,operator,reason,may_write,created_at,expires_at,ended_at,end_reason}', withheld => '{digest}');
select audit.track('auth.totp_factors', tenant => '',
    kept => '{user_id,created_at,confirmed_at}', withheld => '{seed,last_step}', clocks => '{last_step}');
select audit.track('auth.recovery_codes', tenant => '', kept => '{user_id,created_at,used_at}', withheld => '{digest}');
select audit.track('auth.passkeys', tenant => '',
    kept => '{user_id,counter,transports,aaguid,backup_eligible,backed_up,name,created_at,last_used_at}',
    withheld => '{credential_id,public_key}', clocks => '{counter,last_used_at}');
-- Who leaves, and when.
select audit.track('auth.deletions', tenant => '', kept => '{asked_at,due_at,began_at}');
-- Which tenant goes, when, and at whose word. The counts are in the certificate.
select audit.track('auth.tenant_deletions', tenant => 'id',
    kept => '{asked_by,reason,asked_at,due_at,began_at}', withheld => '{counts,digest}', clocks => '{counts,digest}');
select audit.track('auth.signing_keys', tenant => '',
    kept => '{algorithm,public_jwk,created_at,active_from,expires_at}', withheld => '{private_jwk}');
select audit.track('audit.signing_keys', tenant => '',
    kept => '{origin,public_key,endorsement,number,created_at}', withheld => '{private_key}');
-- For how long trails are kept, as the operator has it.
select audit.track('audit.retention', tenant => '', kept => '{least_months,platform_months}');
select audit.track('context.seal_keys', tenant => '', kept => '{created_at,retired_at}', withheld => '{key}');

-- What the application's own migrations were, and what they asked for.
select audit.track('tenancy.migrations', tenant => '', kept => '{name,hash,applied_at}');
select audit.track('tenancy.protected_tables', tenant => '',
    kept => '{read_permission,write_permission,owner_column,readable,insertable,updatable,kept}');

-- Not audited, and why:
--   auth.mail_tokens      digests of links and codes that anybody may ask for: what one did is an event of its own
--   app.webhook_deliveries  the queue of webhooks; what they tell of is an event of its own, and so is that one was sent again
--   app.document_contents  bytes of a version, which is an event of its own; they never change
--   app.document_chunks   drawn from a document by a job, and drawn anew: who may read one is in the events of its document
--   auth.turns            turns under way, for a day; the messages that they write are recorded
--   app.usage_events      figures of turns, which only their end writes, and nothing changes
--   app.usage_days        the same, added up by triggers
--   auth.tool_approvals   calls that wait for a word: what was said and what came of it is an event of its own
--   auth.memory_readings  marks of a job; what is remembered, and that it was forgotten, is recorded
--   auth.mails            the queue of mails; what they tell of is an event of its own
--   auth.registrations    what strangers say of themselves, or of others: counted in audit.tallies, gone after 24 hours
--   auth.exchange_codes   good for a minute; the sign-in or the link that one leads to is recorded
--   auth.mfa_challenges   sign-ins half way: that one was asked for a second factor is an event, and how it went another
--   auth.passkey_challenges  good for five minutes; what was shown for one is recorded
--   auth.login_throttles  counters; the sign-in that moved them is an event of its own
--   auth.request_counts   counters; the limit that they are compared with is the tenant's, and audited
--   audit.tallies         counters of what strangers tried
--   jobs.heartbeats       a clock
--   jobs.unkept_objects   the queue of what is deleted from the storage; that its version went is an event of its own
--   context.message_words  drawn from messages, with them
--   context.idempotency_keys  what was done is recorded where it was done; the answers kept here hold what people said
--   context.errors        written by migrations only
--   context.access_as_migrated  the same
--   audit.events          the trail itself: nothing in it is rewritten
--   audit.event_types     written by migrations only
--   audit.seal_mark       how far it is sealed
--   audit.trees, audit.leaves, audit.tiles, audit.checkpoints  what it is sealed with, drawn from it; an event of each would be sealed too
--   audit.legal_holds     that one was placed or released is an event of its own
--   audit.commitments     what is left of erased fields; that they were erased is an event
