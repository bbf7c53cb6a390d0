use std::fmt;
use std::str::FromStr;

/// Header that carries a [`RequestId`].
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// Names one attempt of one call and, for the record of the truth alone, the order it is
/// made for: `17-00c0ffee00c0ffee-0`, or `x-…` when it is made for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestId {
    /// Index of the order.
    pub(crate) owner: Option<u64>,
    /// The call; equal in all its attempts.
    pub(crate) call: u64,
    /// 0 for the first attempt.
    pub(crate) attempt: u8,
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.owner {
            Some(owner) => write!(f, "{owner}-{:016x}-{}", self.call, self.attempt),
            None => write!(f, "x-{:016x}-{}", self.call, self.attempt),
        }
    }
}

/// A text that is no request id; it then says nothing about an order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a request id")]
pub(crate) struct RequestIdError(String);

impl FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(text: &str) -> Result<Self, RequestIdError> {
        let error = || RequestIdError(text.to_owned());
        let mut parts = text.split('-');
        let (Some(owner), Some(call), Some(attempt), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(error());
        };
        Ok(Self {
            owner: if owner == "x" { None } else { Some(owner.parse().map_err(|_| error())?) },
            call: u64::from_str_radix(call, 16).map_err(|_| error())?,
            attempt: attempt.parse().map_err(|_| error())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        for id in
            [RequestId { owner: Some(17), call: u64::MAX, attempt: 3 }, RequestId { owner: None, call: 0, attempt: 0 }]
        {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for text in ["", "17", "17-1", "17-1-0-0", "y-1-0", "17-zz-0", "17-1-999"] {
            assert!(text.parse::<RequestId>().is_err(), "{text:?}");
        }
    }
}
