use bytes::Bytes;
use ordertrace_otlp::seam::SEAM_FIELD;

use super::wire::Message;

/// Four times as many as agents join. Each part costs some memory of its own.
const PARTS: usize = 4_000;

/// The requests that were joined into one: what stands between its seams. A body that is none is left whole, for
/// decoding to say what is wrong with it, and so is one with more seams than any agent makes.
pub(in crate::ingest) fn parts(body: &Bytes) -> Vec<Bytes> {
    let mut request = Message::body("request", body);
    let (mut parts, mut start, mut end) = (Vec::new(), 0, 0);
    loop {
        match request.next() {
            Ok(Some(field)) if field.number == SEAM_FIELD => {
                if parts.len() >= PARTS {
                    return vec![body.clone()];
                }
                parts.push(start..end);
                start = request.position();
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(_) => return vec![body.clone()],
        }
        end = request.position();
    }
    parts.push(start..end);
    let parts: Vec<Bytes> = parts.into_iter().filter(|part| !part.is_empty()).map(|part| body.slice(part)).collect();
    if parts.is_empty() { vec![body.clone()] } else { parts }
}

#[cfg(test)]
mod tests {
    use ordertrace_otlp::seam::SEAM;

    use super::*;

    const ONE: &[u8] = &[0x0a, 0x00];
    const TWO: &[u8] = &[0x0a, 0x02, 0x12, 0x00, 0x0a, 0x00];

    #[test]
    fn joined_requests_are_what_they_were_before() {
        let joined = Bytes::from([ONE, TWO, ONE].join(&SEAM[..]));
        assert_eq!(parts(&joined), [ONE, TWO, ONE]);
        let within = Bytes::from([&[0x0a, 0x06][..], &SEAM].concat());
        assert_eq!(parts(&within), [&within[..]], "a seam within a message is none");
    }

    #[test]
    fn what_was_not_joined_is_whole() {
        let too_many = SEAM.repeat(PARTS + 1);
        for whole in [&[][..], ONE, TWO, &[0x0a, 0x05], &[0xff], &too_many] {
            assert_eq!(parts(&Bytes::copy_from_slice(whole)), [whole]);
        }
        assert_eq!(parts(&Bytes::from([&SEAM, ONE, &SEAM, &SEAM].concat())), [ONE]);
        assert_eq!(parts(&Bytes::copy_from_slice(&SEAM)), [&SEAM[..]]);
    }
}
