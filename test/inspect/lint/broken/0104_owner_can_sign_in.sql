-- expect: role sample_clerk
create role sample_clerk nologin;
select workshop.make_closed('t0104');
grant create on schema sample to sample_clerk;
alter table sample.t0104 owner to sample_clerk;
revoke create on schema sample from sample_clerk;
-- broken
alter role sample_clerk login;
