-- expect: sample.t0091.api_token, password_hash for sample_app
select workshop.make('t0091', 'token_expires_at timestamptz,');
-- broken
alter table sample.t0091 add column api_token text, add column password_hash text;
