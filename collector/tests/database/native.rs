//! Blocks of every type that ordertrace writes are understood by a real ClickHouse.

use ordertrace_collector::native::{Block, BlockBuilder, Dictionary, Fixed, List, Map, Offsets, Text};

use crate::support::Database;

const COLUMNS: &str = "number UInt64, small Enum8('none' = 0, 'some' = 1), id FixedString(8), at DateTime64(9, 'UTC'), \
    text String, name LowCardinality(String), pairs Map(LowCardinality(String), String), \
    seen Nested(at DateTime64(9, 'UTC'), kind LowCardinality(String), pairs Map(LowCardinality(String), String)), \
    links Array(Tuple(LowCardinality(String), LowCardinality(String), String))";

/// What is written to a row: a number from which all else follows.
fn block(rows: &[usize]) -> Block {
    let (mut number, mut small) = (Fixed::new("UInt64"), Fixed::new("Enum8('none' = 0, 'some' = 1)"));
    let (mut id, mut at) = (Fixed::new("FixedString(8)"), Fixed::new("DateTime64(9, 'UTC')"));
    let (mut text, mut name, mut pairs) = (Text::default(), Dictionary::default(), Map::default());
    let (mut seen, mut seen_at) = (Offsets::default(), Fixed::new("DateTime64(9, 'UTC')"));
    let (mut seen_kind, mut seen_pairs) = (Dictionary::default(), Map::default());
    let mut links: List<(Dictionary, Dictionary, Text)> = List::default();
    for n in rows {
        number.push((*n as u64).to_le_bytes());
        small.push([(n % 2) as u8]);
        id.push((*n as u64).to_be_bytes());
        at.push((1_795_253_154_000_000_000 + *n as i64).to_le_bytes());
        text.push(&"é".repeat(n % 200));
        name.push(&format!("name {n}"));
        let values: Vec<String> = (0..n % 3).map(|value| format!("{n}-{value}")).collect();
        let row: Vec<(&str, &str)> = ["a", "b"].into_iter().zip(values.iter().map(String::as_str)).collect();
        if *n > 0 && n % 3 == 0 {
            pairs.push_again();
        } else {
            pairs.push(&row);
        }
        seen.push(n % 4);
        for _ in 0..n % 4 {
            seen_at.push((*n as i64).to_le_bytes());
            seen_kind.push(if n % 2 == 0 { "even" } else { "" });
            seen_pairs.push(&row);
        }
        for link in 0..n % 2 {
            links.items.0.push("order");
            links.items.1.push("");
            links.items.2.push(&format!("{n}-{link}"));
        }
        links.end_row();
    }
    let seen = seen.into_bytes();
    let mut block = BlockBuilder::new(rows.len());
    block.column("number", number).column("small", small).column("id", id).column("at", at);
    block.column("text", text).column("name", name).column("pairs", pairs);
    block.array("seen.at", &seen, seen_at).array("seen.kind", &seen, seen_kind).array("seen.pairs", &seen, seen_pairs);
    block.column("links", links);
    block.finish()
}

async fn insert(client: &clickhouse::Client, block: Block) {
    let mut insert = client.insert_formatted_with("INSERT INTO written FORMAT Native");
    for part in block.parts {
        insert.send(part).await.unwrap();
    }
    insert.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_round_trips() {
    let database = Database::start().await;
    let client = database.client();
    for count in [0, 1, 3, 300, 70_000] {
        let create = format!("CREATE OR REPLACE TABLE written ({COLUMNS}) ENGINE = MergeTree ORDER BY number");
        client.query_raw(&create).execute().await.unwrap();
        insert(&client, block(&(0..count).collect::<Vec<_>>())).await;
        let same: (u64, u64) = client
            .query(
                "WITH number AS n, arrayMap(i -> (['a', 'b'][i + 1], concat(toString(n), '-', toString(i))), range(n % 3)) AS row,
                    arrayMap(i -> (['a', 'b'][i + 1], concat(toString(n - 1), '-', toString(i))), range((n - 1) % 3)) AS before
                SELECT count(), countIf(
                    small = if(n % 2 = 0, 'none', 'some') AND id = reinterpretAsFixedString(byteSwap(n))
                    AND at = fromUnixTimestamp64Nano(1795253154000000000 + toInt64(n), 'UTC')
                    AND text = repeat('é', n % 200) AND name = concat('name ', toString(n))
                    AND arrayZip(mapKeys(pairs), mapValues(pairs)) = if(n > 0 AND n % 3 = 0, before, row)
                    AND toString(seen.kind) = toString(arrayWithConstant(n % 4, if(n % 2 = 0, 'even', '')))
                    AND arrayMap(at -> toUnixTimestamp64Nano(at), seen.at) = arrayWithConstant(n % 4, toInt64(n))
                    AND length(seen.pairs) = n % 4 AND (n % 4 = 0 OR mapValues(seen.pairs[-1]) = arrayMap(pair -> pair.2, row))
                    AND links = arrayMap(i -> ('order', '', concat(toString(n), '-', toString(i))), range(n % 2)))
                FROM written",
            )
            .fetch_one()
            .await
            .unwrap();
        assert_eq!(same, (count as u64, count as u64));
    }
}
