//! Reads the body of a request without ever holding more than Lambda takes.

use std::time::Duration;

use http::{HeaderMap, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Incoming};
use tokio::time::timeout;

use super::refusal::Refusal;

/// The largest event that Lambda takes, and so the largest body.
pub(super) const LARGEST_EVENT: usize = 6_291_456;
/// How long a body may take to arrive.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// How much of a body that is too large is read and thrown away. Most clients look for an answer only after they have sent
/// everything, and would see a broken connection instead.
const MOST_DISCARDED: usize = 32 << 20;
const LONGEST_DISCARDING: Duration = Duration::from_secs(5);

/// The whole body.
pub(super) async fn read(headers: &HeaderMap, body: Incoming) -> Result<Bytes, Refusal> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > LARGEST_EVENT {
        // This client waits for permission to send.
        if !headers.contains_key(header::EXPECT) {
            discard(body).await;
        }
        return Err(Refusal::BodyTooLarge);
    }
    timeout(TIME_LIMIT, collect(body)).await.unwrap_or(Err(Refusal::BodyTooSlow))
}

async fn collect(mut body: Incoming) -> Result<Bytes, Refusal> {
    let mut parts: Vec<Bytes> = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::BadRequest("The request's body broke off."))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length > LARGEST_EVENT {
            drop(parts);
            discard(body).await;
            return Err(Refusal::BodyTooLarge);
        }
        parts.push(data);
    }
    Ok(match parts.as_slice() {
        [] => Bytes::new(),
        [only] => only.clone(),
        several => Bytes::from(several.concat()),
    })
}

async fn discard(mut body: Incoming) {
    let reading = async {
        let mut length = 0;
        while let Some(Ok(frame)) = body.frame().await {
            length += frame.data_ref().map_or(0, Bytes::len);
            if length > MOST_DISCARDED {
                return;
            }
        }
    };
    // The answer is the same whether or not the rest arrives.
    let _ = timeout(LONGEST_DISCARDING, reading).await;
}
