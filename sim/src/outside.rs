//! The addresses outside that are told how runs end: they take what they are told, or refuse it, or cannot be reached, as
//! the weather has it, and write down who came and with what.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abide_cluster::BoxFuture;
use abide_model::Url;
use abide_nexus::Transport;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::time::sleep;

use crate::dice::Dice;
use crate::ledger::{Answer, Ledger, Visit};
use crate::trace::Trace;
use crate::weather::Weather;

/// The way from one process to all of them.
#[derive(Clone)]
pub struct Outside(Arc<Inner>);

struct Inner {
    weather: Weather,
    trace: Trace,
    ledger: Ledger,
    dice: Mutex<Dice>,
}

impl Outside {
    /// What happens on the way is rolled from these dice.
    pub fn new(weather: Weather, trace: Trace, ledger: Ledger, dice: Dice) -> Self {
        Self(Arc::new(Inner { weather, trace, ledger, dice: Mutex::new(dice) }))
    }
}

impl Transport for Outside {
    fn send<'a>(
        &'a self,
        url: &'a Url,
        request: Request<Full<Bytes>>,
    ) -> BoxFuture<'a, Result<Response<Bytes>, String>> {
        Box::pin(self.0.visit(url.to_string(), request))
    }
}

impl Inner {
    async fn visit(&self, url: String, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, String> {
        let weather = self.weather.now().outside;
        let (there, is_unreachable) = {
            let mut dice = self.dice();
            (dice.millis(0, 20), dice.happens(weather.unreachable))
        };
        sleep(there).await;
        if is_unreachable {
            return Err("simulated: nobody is there".into());
        }
        let (head, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let field = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let answer = self.answer();
        let visit = Visit {
            url,
            run_id: run_of(field("nexus-link")).to_owned(),
            state: field("nexus-operation-state").to_owned(),
            body: String::from_utf8_lossy(&body).into_owned(),
            answer,
        };
        self.trace.line("outside", format_args!("{} of {} {}: {answer:?}", visit.url, visit.run_id, visit.state));
        self.ledger.book().visits.push(visit);
        let status = match answer {
            Answer::Taken => 200,
            Answer::NotNow => 503,
            Answer::Never => 400,
            Answer::Unheard => {
                // At times for longer than anybody waits.
                let silence = self.dice().millis(0, 15_000);
                sleep(silence).await;
                return Err("simulated: the connection broke before the answer arrived".into());
            }
        };
        Response::builder().status(status).body(Bytes::new()).map_err(|error| error.to_string())
    }

    fn answer(&self) -> Answer {
        let weather = self.weather.now().outside;
        let mut dice = self.dice();
        if dice.happens(weather.unheard) {
            Answer::Unheard
        } else if dice.happens(weather.not_now) {
            Answer::NotNow
        } else if dice.happens(weather.never) {
            Answer::Never
        } else {
            Answer::Taken
        }
    }

    fn dice(&self) -> MutexGuard<'_, Dice> {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The run that a link leads to: `<temporal:///namespaces/n/workflows/w/RUN/history?..>`.
fn run_of(link: &str) -> &str {
    let path = link.split_once('?').map_or(link, |(path, _)| path);
    path.trim_end_matches("/history").rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_the_run_that_has_ended() {
        assert_eq!(
            run_of("<temporal:///namespaces/default/workflows/w1/01a2/history?eventID=1&x=y>; type=\"t\""),
            "01a2"
        );
        assert_eq!(run_of(""), "");
    }
}
