use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Answers every line with itself, in capitals.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut bytes = [0; 100];
                while let Ok(read @ 1..) = stream.read(&mut bytes).await {
                    bytes.make_ascii_uppercase();
                    stream.write_all(&bytes[..read]).await.unwrap();
                }
            });
        }
    });
    address
}

async fn ask(stream: &mut TcpStream) -> std::io::Result<String> {
    stream.write_all(b"hello").await?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn a_link_passes_on_is_cut_and_heals() {
    let link = Link::start(echo().await).await.unwrap();
    let mut stream = TcpStream::connect(link.address()).await.unwrap();
    assert_eq!(ask(&mut stream).await.unwrap(), "HELLO");
    link.set(Some(Trouble::Cut));
    assert!(ask(&mut stream).await.is_err());
    let mut during = TcpStream::connect(link.address()).await.unwrap();
    assert!(ask(&mut during).await.is_err());
    link.set(None);
    let mut after = TcpStream::connect(link.address()).await.unwrap();
    assert_eq!(ask(&mut after).await.unwrap(), "HELLO");
}

#[tokio::test]
async fn a_mute_link_loses_answers_and_then_the_connection() {
    let link = Link::start(echo().await).await.unwrap();
    let mut stream = TcpStream::connect(link.address()).await.unwrap();
    assert_eq!(ask(&mut stream).await.unwrap(), "HELLO");
    link.set(Some(Trouble::Mute));
    stream.write_all(b"hello").await.unwrap();
    let mut byte = [0];
    let unanswered = tokio::time::timeout(std::time::Duration::from_millis(200), stream.read(&mut byte)).await;
    assert!(unanswered.is_err(), "{unanswered:?}");
    link.set(None);
    assert!(stream.read(&mut byte).await.is_err(), "a stream with a gap must not go on");
}

#[tokio::test]
async fn a_half_closed_link_ends_one_direction() {
    let link = Link::start(echo().await).await.unwrap();
    let mut stream = TcpStream::connect(link.address()).await.unwrap();
    assert_eq!(ask(&mut stream).await.unwrap(), "HELLO");
    link.set(Some(Trouble::HalfClosed));
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    link.set(None);
    let mut after = TcpStream::connect(link.address()).await.unwrap();
    assert_eq!(ask(&mut after).await.unwrap(), "HELLO");
}

#[tokio::test]
async fn a_link_leads_elsewhere() {
    let link = Link::start(echo().await).await.unwrap();
    let mut stream = TcpStream::connect(link.address()).await.unwrap();
    assert_eq!(ask(&mut stream).await.unwrap(), "HELLO");
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    link.lead_to(nobody);
    assert!(ask(&mut stream).await.is_err());
    link.lead_to(echo().await);
    let mut after = TcpStream::connect(link.address()).await.unwrap();
    assert_eq!(ask(&mut after).await.unwrap(), "HELLO");
}
