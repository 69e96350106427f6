-- expect: rule t0071_quiet on sample.t0071
select workshop.make('t0071');
-- broken
create rule t0071_quiet as on delete to sample.t0071 do instead nothing;
