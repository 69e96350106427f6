-- Forgets what a model costs, and returns whether there was a price: then where there is a budget it answers nobody.
set local role rowhouse_definer;
create or replace function auth.remove_model_price(model text) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    delete from app.model_prices as price where price.model = remove_model_price.model;
    return found;
end
$$;
grant execute on function auth.remove_model_price(text) to rowhouse_auth, rowhouse_owner;
comment on function auth.remove_model_price(text) is
    'Forgets what a model costs; returns whether there was a price.';
reset role;
