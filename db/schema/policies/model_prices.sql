select context.close_table('app.model_prices');

grant select (model, input_micros, cached_input_micros, output_micros, reasoning_micros, updated_at) on app.model_prices to rowhouse_app;

create policy "everybody inside reads the prices" on app.model_prices
    for select to rowhouse_app
    using ((select context.tenant_id()) is not null);
comment on policy "everybody inside reads the prices" on app.model_prices is
    'One list for all, of models and not of anybody: what an answer costs is no secret to whoever asks for one.';

-- The definer's reach: pricing a turn, and the operator's call.
grant select, insert, update, delete on app.model_prices to rowhouse_definer;
create policy "the installation keeps one list of prices" on app.model_prices
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the installation keeps one list of prices" on app.model_prices is
    'context.price_of() reads it; auth.set_model_price() and auth.remove_model_price(), which no caller may call, write it.';
