-- expect: sample.t0045_by_amount (amount)
-- expect: sample.t0045_by_mood (mood)
-- expect: sample.t0045_by_tags (tags)
create type workshop.mood as enum ('calm', 'cross');
select workshop.make('t0045', 'amount numeric, mood workshop.mood, tags text[],');
-- broken
create index t0045_by_amount on sample.t0045 (tenant_id, amount);
create index t0045_by_mood on sample.t0045 (tenant_id, mood);
create index t0045_by_tags on sample.t0045 using gin (tags);
