-- Enters what a model costs, or changes it, for the whole installation: millionths of its currency for a million tokens. What
-- is spent is priced when a turn is over.
set local role rowhouse_definer;
create or replace function auth.set_model_price(
    model text, input_micros bigint, output_micros bigint, cached_input_micros bigint default null, reasoning_micros bigint default null
) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    insert into app.model_prices as price (model, input_micros, cached_input_micros, output_micros, reasoning_micros)
    values (
        set_model_price.model, set_model_price.input_micros,
        coalesce(set_model_price.cached_input_micros, set_model_price.input_micros),
        set_model_price.output_micros, coalesce(set_model_price.reasoning_micros, set_model_price.output_micros)
    )
    on conflict on constraint model_prices_pkey do update set
        input_micros = excluded.input_micros, cached_input_micros = excluded.cached_input_micros,
        output_micros = excluded.output_micros, reasoning_micros = excluded.reasoning_micros
$$;
grant execute on function auth.set_model_price(text, bigint, bigint, bigint, bigint) to rowhouse_auth, rowhouse_owner;
comment on function auth.set_model_price(text, bigint, bigint, bigint, bigint) is
    'Enters or changes what a model costs. Cached input costs what input does and reasoning what output does, unless it is said.';
reset role;
