// grafast asks the environment as it is loaded, and complains on the console if nobody says. Its development
// mode makes every request slower. To be imported before anything of PostGraphile.
process.env.GRAPHILE_ENV ??= "production";
