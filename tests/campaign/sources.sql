-- Entries of FROM: SQL with @ for the alias, then the columns in sight: t of text, f that nothing protects, i of numbers.

[any]
people @ :: people
only people as @ :: people
public.people @ :: people
PEOPLE "@" :: people
U&"p\0065ople" @ :: people
(table people) @ :: people
(select * from people) as @ :: people
(select z.* from people z, notes y where y.id = z.id) @ :: people
people @ tablesample system (100) :: people
f_rows() @ :: people
p_rows() @ :: people
lateral (select * from people) @ :: people
(select (z).* from (select y from people y) q(z)) @ :: people
(select (pid::text || '-'), (p).* from wide) @(x) :: people
jsonb_populate_recordset(null::people, (select jsonb_agg(z) from people z)) @ :: people
roster @ :: t code name :: f name city :: i id
second @ :: t c2 label :: f label :: i id
barrier @ :: t secret name :: f name :: i id
joined @ :: t secret code body :: f body :: i id
kept @ :: t k name :: f name :: i id
shown @ :: t name city :: f name city :: i id
staff @ :: t code region :: f region :: i id badge
staff_eu @ :: t code region :: f region :: i id badge
only staff @ :: t code region :: f region :: i id badge
animal @ :: t tag kind :: f kind :: i id
dog @ :: t tag kind breed :: f kind :: i id
"Odd Name" @ :: t U&"sec\0020ret" shown :: f shown :: i "Id"
other.people @ :: t secret name :: f secret name city :: i id
notes @ :: t body checked :: f body :: i id n
guarded @ :: t secret who :: f secret who :: i id
f_table(0) @(id, v) :: t v :: f id :: i id
f_table(0) with ordinality @(id, v, o) :: t v :: f o :: i id o
f_out(2) @(v, id) :: t v :: i id :: no row
(select id, secret, name from people) @(id, v, w) :: t v w :: f w :: i id
(people join staff using (id)) @ :: t secret code :: f name region :: i id
(people natural join notes) @ :: t secret note :: f name body :: i id
(people z full join staff y on z.id = y.id) @(id, n, v) :: t v n :: f n :: i id :: no row
(values ((select secret from people where id = 1), 1, 'open')) @(v, id, o) :: t v :: f o :: i id
(select secret, id, name from people union all select body, n, 'u' from notes) @(v, id, o) :: t v :: f o :: i id
(select id, unnest(array[secret, name]) as v, city from people) @ :: t v :: f city :: i id
rows from (f_table(0), generate_series(1, 9)) @(id, v, n) :: t v :: f n :: i id
(select z.id, g.c, z.name from people z, lateral regexp_split_to_table(z.secret, '') g(c)) @ :: t c :: f name :: i id
(select z.id, substr(z.secret, g, 1) as c, z.name from people z, generate_series(1, 15) g) @ :: t c :: f name :: i id
(select z.id, e.key, e.value, z.name from people z, lateral jsonb_each_text(to_jsonb(z)) e) @ :: t value key :: f name :: i id
(select z.id, z.name, w.v from people z, lateral (select z.secret) w(v)) @ :: t v :: f name :: i id
(with v as materialized (select id, secret as s, name from people) select * from v) @ :: t s :: f name :: i id
(with recursive v(id, s, name) as (select id, secret, name from people union all select id + 100, s, name from v where id < 100) select * from v) @ :: t s :: f name :: i id
(select id, lag(secret) over (order by id) as v, name from people) @ :: t v :: f name :: i id
(select 1 as id, max(secret) as v, max(name) as name from people group by city) @ :: t v :: f name :: i id
(select city, id, min(secret) as v from people group by grouping sets ((city, id), ())) @ :: t v :: f city :: i id

[new]
json_table((select jsonb_agg(z) from people z), '$[*]' columns (id int, v text path '$.secret', name text)) @ :: t v :: f name :: i id
(select z.id, t.v, z.name from people z, json_table(z.doc, '$.*' columns (v text path '$')) t) @ :: t v :: f name :: i id
(select mirrored as v, id, name from people) @ :: t v :: f name :: i id
(people join staff using (id) as j) @ :: t secret code :: f name :: i id

[old]
(select id, t.v, name from people, xmltable('/a' passing xmlelement(name a, secret) columns v text path '.') t) @ :: t v :: f name :: i id
(select 1 as id, v::text as v, 'o' as name from unnest(xpath('//secret/text()', table_to_xml('people', true, false, ''))) v) @ :: t v :: f name :: i id
(select 1 as id, e.v, e.k as name from people z, lateral each(hstore(z)) e(k, v)) @ :: t v :: f name :: i id
