-- case: a token in words
-- fires: 0091
select corpus.make('shop.notes', 'api_token text,');

-- case: an integer called tokens
-- fires: nothing
select corpus.make('shop.notes', 'tokens integer, max_tokens bigint, prompt_tokens integer not null default 0,');

-- case: whether and when there is a password
-- fires: nothing
select corpus.make('shop.notes', 'has_password boolean, password_changed_at timestamptz, token_expires timestamptz,');

-- case: about tokens, in words
-- fires: nothing
select corpus.make('shop.notes', 'token_type text, token_prefix text, hash_algorithm text, secret_name text, password_policy text,');

-- case: the hash of a file
-- fires: nothing
select corpus.make('shop.files', 'content_hash text, hash text, etag text,');

-- case: the hash of somebody's key
-- fires: 0091
select corpus.make('shop.keys', 'key_hash bytea,');

-- case: numbers that serve as secrets
-- fires: 0091
select corpus.make('shop.people', 'ssn bigint,');

-- case: a secret that requests may not read
-- fires: nothing
select corpus.make('shop.notes', 'password_hash text,');
revoke select on shop.notes from corpus_web;
grant select (tenant_id, id, note) on shop.notes to corpus_web;

-- case: words that hold a secret's name inside another
-- fires: nothing
select corpus.make('shop.notes', 'tokenizer text, secretary text, hashtag text, saltwater boolean, passwordless boolean,');
