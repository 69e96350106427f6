-- expect: sample.t0052.due_at
select workshop.make('t0052', 'due_at timestamptz,');
-- broken
alter table sample.t0052 alter column due_at type timestamp;
