//! What is said between caller and upstream: a payment, in the shape of a payment service's API.

/// A request's body of `bytes` bytes, about one order.
pub(super) fn request(number: u32, bytes: usize) -> String {
    let head = format!(
        r#"{{"order_id":"R{:09}","amount":{},"currency":"eur","payment_method_types":["card"],"capture_method":"manual","customer":{{"id":"C-{:06}","country":"DE"}},"metadata":{{"cart_id":"{}","channel":"web-de"}},"description":""#,
        104_882_117 + number,
        1_000 + number * 37,
        number * 17 % 200_000,
        7_311_402_906_u64 + u64::from(number),
    );
    padded(head, bytes)
}

/// A response's body of `bytes` bytes.
pub(super) fn response(bytes: usize) -> String {
    let head = r#"{"id":"pi_3Qm2c7Lk9sTq0aZxR4vB8nYw","object":"payment_intent","status":"requires_capture","amount":4990,"amount_capturable":4990,"currency":"eur","livemode":true,"created":1795261200,"charges":{"object":"list","total_count":1,"data":[{"id":"ch_3Qm2c7Lk9sTq0aZxR4vB8nYw","paid":true,"refunded":false}]},"statement_descriptor":""#;
    padded(head.to_owned(), bytes)
}

/// Completes a document whose last member is a text that is still open.
fn padded(head: String, bytes: usize) -> String {
    let filling = "one of several parcels, to be left with a neighbour; ".chars().cycle();
    let missing = bytes.saturating_sub(head.len() + 2);
    head + &filling.take(missing).collect::<String>() + "\"}"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_json_of_the_wanted_size() {
        for (body, bytes) in [(request(1, 1_024), 1_024), (request(63, 1_024), 1_024), (response(2_048), 2_048)] {
            assert_eq!(body.len(), bytes);
            assert!(serde_json::from_str::<serde_json::Value>(&body).unwrap().is_object());
        }
    }
}
