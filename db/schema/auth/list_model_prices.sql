-- What models cost, for the operator: millionths of the installation's currency for a million tokens.
set local role rowhouse_definer;
create or replace function auth.list_model_prices() returns table (
    model text, input_micros bigint, cached_input_micros bigint, output_micros bigint, reasoning_micros bigint, updated_at timestamptz
)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select price.model, price.input_micros, price.cached_input_micros, price.output_micros, price.reasoning_micros, price.updated_at
    from app.model_prices as price order by price.model
$$;
grant execute on function auth.list_model_prices() to rowhouse_auth, rowhouse_owner;
comment on function auth.list_model_prices() is 'What models cost, in micro-units for a million tokens, by name.';
reset role;
