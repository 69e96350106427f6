-- What each rule of the API's tables says, in a sentence: the comment of the constraint. Whoever breaks one is told this
-- sentence, with the field and the constraint's name (`message`, `field`, `rule`), so it says what is wanted and quotes
-- no row. A test asks for one on every constraint that an API call can break.

comment on constraint tenants_name_check on app.tenants is 'A company''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint tenants_slug_check on app.tenants is 'A slug has 1 to 63 lower-case letters, digits and inner hyphens.';
comment on constraint tenants_status_check on app.tenants is 'A company is active, suspended or closed.';
comment on constraint tenants_session_idle_minutes_check on app.tenants is 'A session may be idle for 30 minutes to 90 days (129,600 minutes).';
comment on constraint tenants_session_lifetime_minutes_check on app.tenants is 'A session may last for an hour to a year (525,600 minutes).';
comment on constraint tenants_fingerprint_check on app.tenants is 'A fingerprint is off, family or exact.';
comment on constraint tenants_support_access_check on app.tenants is 'Support is off, or may read, or write.';
comment on constraint tenants_seats_check on app.tenants is 'A company has at least one seat.';
comment on constraint tenants_brand_name_check on app.tenants is 'A brand''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint tenants_brand_color_check on app.tenants is 'A color is #rrggbb, in lower case.';
comment on constraint tenants_accent_color_check on app.tenants is 'A color is #rrggbb, in lower case.';
comment on constraint tenants_logo_url_check on app.tenants is 'A logo''s address begins with https:// and has at most 2,000 characters, none of them a space.';
comment on constraint tenants_language_check on app.tenants is 'A language is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint tenants_sign_in_ways_check on app.tenants is 'Ways to sign in are 1 to 50 names of password, link, passkey or providers.';
comment on constraint tenants_key_limit_check on app.tenants is 'A number of API keys is not negative.';
comment on constraint tenants_requests_per_minute_check on app.tenants is 'A limit is from 1 to 1,000,000 requests a minute.';
comment on constraint tenants_requests_per_day_check on app.tenants is 'A limit is from 1 to 1,000,000,000 requests a day.';
comment on constraint tenants_deletion_grace_days_check on app.tenants is 'A grace is from 0 to 365 days.';
comment on index app.tenants_by_slug is 'A slug belongs to one company.';

comment on constraint users_email_check on app.users is 'An e-mail address is in lower case, with one @ and at most 254 characters.';
comment on constraint users_is_guest_check on app.users is 'An account has an e-mail address, and a guest has none.';
comment on constraint users_name_check on app.users is 'A person''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint users_locale_check on app.users is 'A locale is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint users_status_check on app.users is 'A user is active, banned or deleted.';
comment on index app.users_by_email is 'An e-mail address belongs to one person.';

comment on constraint permissions_name_check on app.permissions is 'A permission''s name is lower-case words joined by underscores.';
comment on constraint permissions_held_by_check on app.permissions is 'Beside admin, a permission is held by member, by viewer, or by neither.';

comment on constraint roles_name_check on app.roles is 'A role''s name has 1 to 60 characters, on one line, and at least one of them shows.';
comment on constraint roles_description_check on app.roles is 'A role''s description has at most 500 characters.';
comment on constraint roles_permissions_check on app.roles is 'A role''s permissions are names; none of them is null.';
comment on constraint roles_tenant_id_name_key on app.roles is 'Each role of a company has a name of its own.';
comment on constraint roles_tenant_id_fkey on app.roles is 'A role belongs to a company.';

comment on constraint memberships_display_name_check on app.memberships is 'A display name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint memberships_avatar_url_check on app.memberships is 'A picture''s address begins with https:// and has at most 2,000 characters, none of them a space.';
comment on constraint memberships_status_check on app.memberships is 'A membership is active, suspended or removed.';
comment on constraint memberships_tenant_id_user_id_key on app.memberships is 'A person is a member of a company once.';
comment on constraint memberships_tenant_id_fkey on app.memberships is 'A membership belongs to a company.';
comment on constraint memberships_tenant_id_role_id_fkey on app.memberships is 'A member''s role is one of their own company.';
comment on constraint memberships_user_id_fkey on app.memberships is 'A member is a person who has an account.';

comment on constraint teams_name_check on app.teams is 'A team''s name has 1 to 100 characters, on one line, and at least one of them shows.';
comment on constraint teams_description_check on app.teams is 'A team''s description has at most 500 characters.';
comment on constraint teams_tenant_id_name_key on app.teams is 'Each team of a company has a name of its own.';
comment on constraint teams_tenant_id_fkey on app.teams is 'A team belongs to a company.';

comment on constraint team_members_role_check on app.team_members is 'Somebody is a team''s lead or a member of it.';
comment on constraint team_members_tenant_id_team_id_user_id_key on app.team_members is 'Somebody is in a team once.';
comment on constraint team_members_tenant_id_fkey on app.team_members is 'A team''s member belongs to a company.';
comment on constraint team_members_tenant_id_team_id_fkey on app.team_members is 'A team is one of one''s own company.';
comment on constraint team_members_tenant_id_user_id_fkey on app.team_members is 'Who is in a team is a member of its company.';

comment on constraint grants_reason_check on app.grants is 'A grant''s reason has 1 to 500 characters, and at least one of them shows.';
comment on constraint grants_ends_at_check on app.grants is 'A grant ends in the future, and within 90 days.';
comment on constraint grants_tenant_id_fkey on app.grants is 'A grant belongs to a company.';
comment on constraint grants_tenant_id_user_id_fkey on app.grants is 'A grant is for a member of its company.';

comment on constraint invitations_email_check on app.invitations is 'An address to invite is ASCII, local@domain, in at most 254 characters; write an international domain in Punycode.';
comment on constraint invitations_status_check on app.invitations is 'An invitation is pending, accepted, revoked or expired.';
comment on constraint invitations_times_sent_check on app.invitations is 'An invitation was sent at least once.';
comment on constraint invitations_check on app.invitations is 'An accepted invitation says who came.';
comment on constraint invitations_tenant_id_fkey on app.invitations is 'An invitation belongs to a company.';
comment on constraint invitations_tenant_id_role_id_fkey on app.invitations is 'An invitation is to a role of its own company.';
comment on constraint invitations_tenant_id_invited_by_fkey on app.invitations is 'Who invites is a member of the company.';
comment on constraint invitations_tenant_id_accepted_by_fkey on app.invitations is 'Who accepted is a member of the company.';
comment on constraint invitation_teams_role_check on app.invitation_teams is 'An invitation promises to be a team''s lead or a member of it.';
comment on constraint invitation_teams_tenant_id_invitation_id_team_id_key on app.invitation_teams is 'An invitation promises a team once.';
comment on constraint invitation_teams_tenant_id_fkey on app.invitation_teams is 'What an invitation promises belongs to a company.';
comment on constraint invitation_teams_tenant_id_invitation_id_fkey on app.invitation_teams is 'A promised team is of an invitation of its company.';
comment on constraint invitation_teams_tenant_id_team_id_fkey on app.invitation_teams is 'An invitation is to teams of its own company.';
comment on index app.invitations_pending_by_address is 'An address has one invitation at a time that waits.';

comment on constraint domains_domain_check on app.domains is 'A domain is lower-case letters, digits and hyphens between dots, such as acme.example; write an international one in Punycode.';
comment on constraint domains_challenge_check on app.domains is 'A challenge is forty hexadecimal digits.';
comment on constraint domains_failures_check on app.domains is 'Failures are counted to three.';
comment on constraint domains_tenant_id_domain_key on app.domains is 'A company names a domain once.';
comment on constraint domains_tenant_id_fkey on app.domains is 'A domain belongs to a company.';
comment on constraint domains_tenant_id_role_id_fkey on app.domains is 'Who joins by a domain gets a role of its company.';

comment on constraint conversations_title_check on app.conversations is 'A title is empty, or has at most 200 characters, on one line, and at least one of them shows.';
comment on constraint conversations_status_check on app.conversations is 'A conversation is open or archived.';
comment on constraint conversations_tenant_id_user_id_id_key on app.conversations is 'Each conversation has an id of its own.';
comment on constraint conversations_tenant_id_fkey on app.conversations is 'A conversation belongs to a company.';
comment on constraint conversations_tenant_id_user_id_fkey on app.conversations is 'A conversation belongs to a member of its company.';
comment on constraint conversations_tenant_id_team_id_fkey on app.conversations is 'A conversation''s team is one of its own company.';

comment on constraint messages_content_check on app.messages is 'A message has 1 to 32,000 characters.';
comment on constraint messages_role_check on app.messages is 'A message is the user''s or the assistant''s.';
comment on constraint messages_tenant_id_fkey on app.messages is 'A message belongs to a company.';
comment on constraint messages_tenant_id_team_id_fkey on app.messages is 'A message''s team is one of its own company.';
comment on constraint messages_tenant_id_user_id_conversation_id_fkey on app.messages is 'A message goes into a conversation of its own user.';

comment on constraint user_preferences_language_check on app.user_preferences is 'A language is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint user_preferences_tone_check on app.user_preferences is 'A tone is neutral, friendly, formal or concise.';
comment on constraint user_preferences_tenant_id_user_id_key on app.user_preferences is 'A member has preferences once.';
comment on constraint user_preferences_tenant_id_fkey on app.user_preferences is 'Preferences belong to a company.';
comment on constraint user_preferences_tenant_id_user_id_fkey on app.user_preferences is 'Preferences belong to a member of the company.';
comment on constraint user_preferences_model_check on app.user_preferences is 'A model''s name has 1 to 100 letters, digits, dots, colons, slashes and hyphens.';
comment on constraint user_preferences_temperature_check on app.user_preferences is 'A temperature is 0 to 2.';
comment on constraint user_preferences_max_answer_tokens_check on app.user_preferences is 'An answer has 16 to 100,000 tokens at most.';
comment on constraint tenant_preferences_model_check on app.tenant_preferences is 'A model''s name has 1 to 100 letters, digits, dots, colons, slashes and hyphens.';
comment on constraint tenant_preferences_temperature_check on app.tenant_preferences is 'A temperature is 0 to 2.';
comment on constraint tenant_preferences_max_answer_tokens_check on app.tenant_preferences is 'An answer has 16 to 100,000 tokens at most.';
comment on constraint tenant_preferences_language_check on app.tenant_preferences is 'A language is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint tenant_preferences_tone_check on app.tenant_preferences is 'A tone is neutral, friendly, formal or concise.';
comment on constraint tenant_preferences_tenant_id_key on app.tenant_preferences is 'A company has defaults once.';
comment on constraint tenant_preferences_tenant_id_fkey on app.tenant_preferences is 'Defaults belong to a company.';

comment on constraint api_keys_kind_check on auth.api_keys is 'An API key is secret or publishable.';
comment on constraint api_keys_name_check on auth.api_keys is 'A key''s name has 1 to 100 characters, on one line, and at least one of them shows.';
comment on constraint api_keys_beginning_check on auth.api_keys is 'A key begins with rh_sk_ or rh_pk_.';
comment on constraint api_keys_digest_check on auth.api_keys is 'A digest has 32 bytes.';
comment on constraint api_keys_scopes_check on auth.api_keys is 'A key''s scopes are names of permissions; none of them is null.';
comment on constraint api_keys_requests_per_minute_check on auth.api_keys is 'A limit is 1 to 1,000,000 requests a minute.';
comment on constraint api_keys_origins_check on auth.api_keys is 'Origins are 1 to 20 of the form https://shop.example or http://localhost:3000, in lower case.';
comment on constraint api_keys_addresses_check on auth.api_keys is 'Addresses are 1 to 50 network addresses or blocks, such as 192.0.2.7 or 2001:db8::/32.';
comment on constraint api_keys_check on auth.api_keys is 'A key is somebody''s, or the tenant''s own with a role.';
comment on constraint api_keys_check1 on auth.api_keys is 'A publishable key is the tenant''s own, has the scope chat and no other, and lists its origins.';
comment on constraint api_keys_opens_guests_check on auth.api_keys is 'Only a publishable key lets guests in.';
comment on constraint api_keys_tenant_id_fkey on auth.api_keys is 'A key belongs to a company.';
comment on constraint api_keys_tenant_id_user_id_fkey on auth.api_keys is 'A key without a role is a member''s: the tenant''s own keys have no keys of theirs.';
comment on constraint api_keys_tenant_id_role_id_fkey on auth.api_keys is 'A key''s role is one of its own company.';
comment on constraint api_keys_tenant_id_replaces_fkey on auth.api_keys is 'A key replaces one of its own company.';

comment on constraint webhook_event_types_name_check on app.webhook_event_types is 'An event''s name is lower-case words, a dot, and lower-case words.';
comment on constraint webhook_endpoints_url_check on app.webhook_endpoints is 'An endpoint''s address begins with https://, has no user, no # and at most 2,000 characters of ASCII (a name in other letters is written in Punycode); in development it may be http://localhost.';
comment on constraint webhook_endpoints_description_check on app.webhook_endpoints is 'An endpoint''s description has at most 200 characters, on one line, and is empty or shows something.';
comment on constraint webhook_endpoints_events_check on app.webhook_endpoints is 'An endpoint subscribes to at most 50 events.';
comment on constraint webhook_endpoints_disabled_reason_check on app.webhook_endpoints is 'An endpoint is switched off because it is gone or failing.';
comment on constraint webhook_endpoints_last_sequence_check on app.webhook_endpoints is 'A sequence counts from 1.';
comment on constraint webhook_endpoints_check on app.webhook_endpoints is 'An endpoint that was switched off is off.';
comment on constraint webhook_endpoints_tenant_id_fkey on app.webhook_endpoints is 'An endpoint belongs to a company.';
comment on constraint webhook_deliveries_type_check on app.webhook_deliveries is 'An event''s name has at most 100 characters.';
comment on constraint webhook_deliveries_sequence_check on app.webhook_deliveries is 'A sequence counts from 1.';
comment on constraint webhook_deliveries_state_check on app.webhook_deliveries is 'A delivery is pending, delivered or dead.';
comment on constraint webhook_deliveries_attempts_check on app.webhook_deliveries is 'Attempts are counted from 0.';
comment on constraint webhook_deliveries_response_status_check on app.webhook_deliveries is 'An HTTP status has three digits.';
comment on constraint webhook_deliveries_failure_check on app.webhook_deliveries is 'A failure is one of those that the sender knows.';
comment on constraint webhook_deliveries_check on app.webhook_deliveries is 'A delivery that is settled says when.';
comment on constraint webhook_deliveries_check1 on app.webhook_deliveries is 'A delivery that is pending says when it is tried next.';
comment on constraint webhook_deliveries_tenant_id_fkey on app.webhook_deliveries is 'A delivery belongs to a company.';
comment on constraint webhook_deliveries_tenant_id_endpoint_id_fkey on app.webhook_deliveries is 'A delivery is for an endpoint of its own company.';
comment on constraint webhook_secrets_secret_check on auth.webhook_secrets is 'What is encrypted has at most 500 characters.';

comment on constraint registrations_name_check on auth.registrations is 'A person''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint registrations_tenant_name_check on auth.registrations is 'A company''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint registrations_tenant_slug_check on auth.registrations is 'A slug has 1 to 63 lower-case letters, digits and inner hyphens.';
comment on constraint registrations_check on auth.registrations is 'A company has a name and a slug, or neither.';
