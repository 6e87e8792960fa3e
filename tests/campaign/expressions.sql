-- Expressions by type, one a line. A symbol in angle brackets is an expression of its type: t text, i int, b bool,
-- h bytea, j jsonb, a text[], d date, r row, x xml, k a small number, q a query of one text, f a column nothing protects.
-- `new` are those of PostgreSQL 16 and later, `old` those that need Debian's server, built with XML, and its extensions.

[t]
upper(<t>)
lower(<t>)
reverse(<t>)
initcap(<t>)
trim(<t>)
ltrim(<t>, <t>)
md5(<t>)
quote_literal(<t>)
quote_ident(<t>)
quote_nullable(<i>)
f_echo(<t>)
f_echo(what => <t>, twice => <t>)
f_same(<t>)
f_any(<t>)
substr(<t>, <k>, <k>)
substring(<t> from <k> for <k>)
left(<t>, <k>)
right(<t>, -<k>)
lpad(<t>, 30, <t>)
overlay(<t> placing <t> from <k> for 0)
repeat(<t>, <k>)
replace(<t>, <t>, <t>)
translate(<t>, 'abc', 'xyz')
split_part(<t>, '-', <k>)
regexp_replace(<t>, '(.)(.)', '\2\1', 'g')
regexp_replace(<t>, <t>, '')
(regexp_match(<t>, '(.*)'))[1]
(string_to_array(<t>, null))[<k>]
array_to_string(<a>, '')
<a>::text
array_to_string(regexp_split_to_array(<t>, ''), ',')
concat(<t>, <i>, <t>)
concat_ws(<t>, <t>, <t>)
format('%s', <t>)
format('%2$s%1$s', <t>, <i>)
format('%L', <t>)
(<t> || <t>)
(<t> || <i>)
('' || <r>)
coalesce(<t>, <t>)
nullif(<t>, <t>)
greatest(<t>, <t>)
least(<t>, <t>)
case when <b> then <t> else <t> end
case <t> when <t> then <t> else <t> end
case when id > 2 then <t> end
coalesce(null, <t>)
nullif(<t>, '')
encode(<h>, 'hex')
encode(<h>, 'base64')
encode(<h>, 'escape')
convert_from(<h>, 'UTF8')
<i>::text
<d>::text
<j>::text
(<j> ->> 'k')
(<j> #>> '{k}')
<r>::text
to_char(<i>, '999999999')
chr(<i>)
<t>::varchar(40)
cast(<t> as bpchar)
<t>::name::text
<t> collate "C"
(array[<t>, <t>])[<k>]
(row(<t>, <i>)).f1
textcat(<t>, <t>)
to_tsvector('simple', <t>)::text
pg_catalog.upper(<t>)
(<t> operator(pg_catalog.||) <t>)
(<t> ### <t>)
<t>::plain_text::text
<t>::digits::text
(<q>)
f_many(<t>, <t>)
f_many(variadic <a>)
f_text(<i>)
p_text(<i>)
(f_out(<k>)).one
f_atomic()
f_atomic(who => <k>)
max(<t>) over ()
lag(<t>) over (order by id)
first_value(<t>) over (partition by <f>)
string_agg(<t>, '') over ()
(<r>).secret
(<r>).name
to_json(<t>)::text
row_to_json(<r>)::text
to_jsonb(<r>) ->> 'secret'
(jsonb_populate_record(null::people, to_jsonb(<r>))).secret
(jsonb_populate_record(null::address, jsonb_build_object('street', <t>))).street
ts_headline('simple', <t>, 'x')
(jsonb_path_query_first(<j>, '$.k') #>> '{}')
to_hex(<i>)
daterange(<d>, null)::text
int4range(<i>, null)::text
plainto_tsquery('simple', <t>)::text
(parse_ident(quote_ident(<t>)))[1]
age(<d>)::text
pg_typeof(<t>)::text
(<t>, <i>)::text
<b>::text
(select <t>)
(select max(z) from unnest(<a>) z)
(select string_agg(z, '') from unnest(<a>) z)
(select v from jsonb_each_text(<j>) e(u, v) limit 1)
current_setting('application_name')
unistr(<t>)
normalize(<t>)
set_config('my.own', <t>, false)
set_config('application_name', <t>, true)
substring(<t> from '#"%#"' for '#')
(select string_agg(c, '') from regexp_split_to_table(<t>, '') c)
string_agg(<t>, ',')
max(<t>)
min(<t>)
f_agg(<t>)
mode() within group (order by <t>)
percentile_disc(0.5) within group (order by <t>)
json_agg(<t>)::text
any_value(<t>)
(array_agg(<t>))[<k>]
string_agg(<t>, '' order by id)
(xpath_exists('a', <x>))::text
<x>::text
xmlserialize(content <x> as text)
(<a>)[<k>]
(home).street
(home).zip
home::text
to_regclass(<t>)::text
<t>::"char"::text
convert_to(<t>, 'UTF8')::text

[t new]
regexp_substr(<t>, '.*')
json_value(<j>, '$.k')
json_query(<j>, '$.k' with wrapper)::text
json_scalar(<t>)::text
json_serialize(json(<t>))
json_object('k' : <t>)::text
json_array(<t>, <t>)::text
json_arrayagg(<t>)::text
(pg_input_error_info(<t>, 'int')).message
casefold(<t>)
json_objectagg(id : <t>)::text
array_reverse(<a>)::text
array_sort(<a>)::text
(select s from json_table(<j>, '$' columns (s text path '$.k')) as jt)
json_array(select secret from people)::text
(select s from json_table(<j>, '$.*' columns (s text path '$')) jt limit 1)
json_value(<j>, '$.k' default <t> on empty)
encode(sha256(<h>), 'hex')
mirrored

[t old]
(hstore('k', <t>) -> 'k')
encode(digest(<t>, 'sha1'), 'hex')
<t>::citext::text
hstore(<r>)::text
(xpath('/a/text()', xmlelement(name a, <t>)))[1]::text
query_to_xml('select ' || quote_literal(<t>), true, true, '')::text
query_to_xml('select sec' || 'ret from people', true, true, '')::text
table_to_xml('people', true, true, '')::text
xmlroot(<x>, version '1.0')::text
(select xt.v from xmltable('/a' passing xmlelement(name a, <t>) columns v text path '.') xt)
cursor_to_xml('cc', 3, true, true, '')::text
encode(hmac(<t>, 'k', 'md5'), 'hex')
database_to_xml(true, true, '')::text

[i]
ascii(<t>)
length(<t>)
octet_length(<t>)
(<i> + <i>)
(<i> - <i>)
(<i> / <i>)
<t>::int
position(<t> in <t>)
strpos(<t>, 'a')
hashtext(<t>)
array_length(<a>, 1)
cardinality(<a>)
extract(year from <d>)::int
get_byte(<h>, 0)
pg_column_size(<t>)
case when <b> then <i> else <i> end
coalesce(<i>, <i>)
f_free(<i>)
num_nulls(<t>, <t>)
abs(<i>)
('x' || substr(md5(<t>), 1, 7))::bit(28)::int
(<b>)::int
p_try(<t>)
count(*)
count(<t>)
count(distinct <t>)
sum(<i>)::int
max(<i>)
row_number() over (order by <t>)::int
count(*) filter (where <b>)
(<d> - '2000-01-01')
rank('m') within group (order by <t>)::int
bit_length(<t>)
(f_out(<k>)).two
nullif(<i>, <i>)
width_bucket(<i>, 1, 9, 4)
setval('counter', <i>)::int
greatest(<i>, <i>)
(select count(*)::int from people z where z.secret > <t>)
array_position(<a>, <t>)

[b]
<t> = <t>
<t> like 'a%'
<t> ~ '^[a-m]'
<t> is null
<i> > <i>
(<b> and <b>)
(<b> or <b>)
not <b>
true
id > 3
exists (select 1 from people z where z.secret = <t>)
<t> in (<q>)
<t> = any(<a>)
<t> between 'a' and 'm'
starts_with(<t>, 'a')
<a> @> array[<t>]
<j> ? 'k'
<j> @? '$.k'
<t> is distinct from <t>
(<t>, <i>) < (<t>, <i>)
isfinite(<d>)
<d> < '2000-01-01'
<r> is null
bool_or(<b>)
pg_try_advisory_xact_lock(<i>)
<t> < all (<q>)
(id, <t>) in (select id, secret from people)
<f> = 'x'

[h]
<t>::bytea
convert_to(<t>, 'UTF8')
decode(<t>, 'escape')
sha256(<h>)
substr(<h>, <k>)
(<h> || <h>)
textsend(<t>)
int4send(<i>)
overlay(<h> placing <h> from 1)
lo_get(lo_from_bytea(0, <h>))
set_byte(<h>, 0, 65)
array_send(<a>)
trim(<h>, '')

[j]
to_jsonb(<t>)
jsonb_build_object('k', <t>)
jsonb_build_array(<t>, <i>)
to_jsonb(<r>)
jsonb_set(<j>, '{k}', to_jsonb(<t>))
(<j> || <j>)
jsonb_agg(<t>)
jsonb_object_agg(id, <t>)
jsonb_path_query_array(<j>, '$.*')
jsonb_strip_nulls(<j>)
(<j> - 'n')
(<j> -> 'k')
to_jsonb(<a>)
json_build_object('k', <t>)::jsonb
jsonb_object(array['k', <t>])
array_to_json(<a>)::jsonb
jsonb_build_object(<t>, 1)
(<j>)['k']

[a]
array[<t>, <t>]
string_to_array(<t>, null)
array_append(<a>, <t>)
(<a> || <t>)
array(<q>)
array_agg(<t>)
regexp_split_to_array(<t>, '')
(<a>)[1:2]
array_remove(<a>, <t>)
array_replace(<a>, 'x', <t>)
regexp_matches(<t>, '.')
array_fill(<t>, array[2])
(<a> || <a>)
array(select jsonb_array_elements_text(jsonb_build_array(<t>)))
tsvector_to_array(to_tsvector('simple', <t>))
array(select unnest(<a>) order by 1)

[d]
<t>::date
(<d> + 1)
coalesce(<d>, <d>)
to_date(<t>, 'YYYY-MM-DD')
max(<d>)
date_trunc('year', <d>)::date
least(<d>, <d>)
make_date(<i>, 1, 1)
(<d> + <i>)
case when <b> then <d> end

[r]
row(<t>, <i>)
row(<t>, row(<i>, <t>))
(select z from people z limit 1)
f_any(<r>)
coalesce(<r>, <r>)
row(<r>)

[x]
xmlelement(name a, <t>)
xmlforest(<t> as a, <i> as b)
xmlconcat(<x>, <x>)
xmlagg(<x>)
xmlelement(name a, xmlattributes(<t> as b))
xmlparse(content <t>)
xmlpi(name a, <t>)
xmlcomment(<t>)

[k]
1
2
3
5
8
