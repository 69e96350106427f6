-- expect: sample.t0091.api_token, password_hash for sample_app
select workshop.make('t0091', 'token_expires_at timestamptz,');
-- broken
alter table sample.t0091 add column api_token text, add column password_hash text,
    alter api_token set statistics 0, alter password_hash set statistics 0;
grant select (api_token, password_hash) on sample.t0091 to sample_app;
