-- A small shop: customers with what must not leak, and their orders. Every person here is invented.
create table customers (
    id      integer generated always as identity primary key,
    name    text not null,
    email   text not null unique,
    card    text not null,
    iban    text not null,
    ssn     text not null,
    country text not null,
    since   date not null
);

create table orders (
    id          integer generated always as identity primary key,
    customer_id integer not null references customers,
    status      text not null,
    total       numeric(10, 2) not null,
    note        text,
    created     timestamptz not null
);

create index on orders (status, created);

insert into customers (name, email, card, iban, ssn, country, since) values
    ('Ada Lovelace',      'ada@engines.example',        '4111 1111 1111 1111', 'GB82WEST12345698765432',      '078-05-1120', 'GB', '2021-03-14'),
    ('Grace Hopper',      'grace@compilers.example',    '5555 5555 5555 4444', 'DE89370400440532013000',      '219-09-9999', 'US', '2021-05-02'),
    ('Edsger Dijkstra',   'edsger@shortest.example',    '4012 8888 8888 1881', 'NL91ABNA0417164300',          '457-55-5462', 'NL', '2021-09-30'),
    ('Barbara Liskov',    'barbara@abstract.example',   '3782 8224 6310 005',  'FR1420041010050500013M02606', '512-42-7789', 'US', '2022-01-17'),
    ('Donald Knuth',      'don@literate.example',       '6011 1111 1111 1117', 'CH9300762011623852957',       '401-22-8113', 'US', '2022-02-28'),
    ('Frances Allen',     'fran@optimise.example',      '3530 1113 3330 0000', 'AT611904300234573201',        '623-18-4402', 'US', '2022-06-11'),
    ('Niklaus Wirth',     'niklaus@lean.example',       '5105 1051 0510 5100', 'BE68539007547034',            '318-64-9027', 'CH', '2022-08-19'),
    ('Radia Perlman',     'radia@spanning.example',     '4222 2222 2222 2',    'ES9121000418450200051332',    '734-51-2268', 'US', '2023-01-05'),
    ('Tony Hoare',        'tony@quick.example',         '3714 4963 5398 431',  'SE4550000000058398257466',    '206-83-5514', 'GB', '2023-04-23'),
    ('Margaret Hamilton', 'margaret@apollo.example',    '6011 0009 9013 9424', 'NO9386011117947',             '589-27-6630', 'US', '2023-07-20');

insert into orders (customer_id, status, total, note, created)
select 1 + n % 10,
       (array['paid', 'shipped', 'open', 'stale'])[1 + n % 4],
       round((9.99 + (n * 7919 % 20000) / 100.0)::numeric, 2),
       case n % 50 when 7 then 'call +1 650 253 0000 before delivery' when 23 then 'card 4111 1111 1111 1111 was declined' end,
       timestamptz '2026-01-01 08:00:00+00' + n * interval '5 hours 17 minutes'
from generate_series(1, 1000) as n;

create view order_book as
select orders.id, customers.name, customers.email as contact, orders.status, orders.total
from orders join customers on customers.id = orders.customer_id;

create role shop_app login password 'shop-app-password';
grant select, insert, update, delete on customers, orders to shop_app;
grant select on order_book to shop_app;
alter table orders owner to shop_app;

analyze;
