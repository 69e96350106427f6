-- What so many tokens of a model cost, in millionths of the installation's currency, rounded up; null where nobody knows the
-- price. Cached input is part of the input, reasoning part of the output. The extractive answer asks no provider and is free.
set local role rowhouse_definer;
create or replace function context.price_of(
    model text, input_tokens bigint, cached_input_tokens bigint, output_tokens bigint, reasoning_tokens bigint
) returns bigint
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select case when price_of.model = 'extractive' then 0 else (
        select ceil((
            (input_tokens - cached_input_tokens)::numeric * price.input_micros
            + cached_input_tokens::numeric * price.cached_input_micros
            + (output_tokens - reasoning_tokens)::numeric * price.output_micros
            + reasoning_tokens::numeric * price.reasoning_micros
        ) / 1000000)::bigint
        from app.model_prices as price where price.model = price_of.model
    ) end
$$;
comment on function context.price_of(text, bigint, bigint, bigint, bigint) is
    'What so many tokens of a model cost, in micro-units; null where the price is unknown.';
reset role;
