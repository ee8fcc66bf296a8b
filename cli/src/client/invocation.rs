//! How does the command speak of schedules and of the queue?

use reqwest::Method;
use sandglass_server::{
    InvocationInfo, NewSchedule, Occurrences, QueuePage, QueueState, ScheduleInfo, ScheduleRun,
};

use super::{Client, read};
use crate::exit::Failure;

impl Client {
    pub(crate) async fn schedules(&self) -> Result<Vec<ScheduleInfo>, Failure> {
        let request = self.request(Method::GET, &["schedules"]);
        read(self.send(request).await?).await
    }

    pub(crate) async fn add_schedule(&self, new: &NewSchedule) -> Result<ScheduleInfo, Failure> {
        self.json(self.request(Method::POST, &["schedules"]), new)
            .await
    }

    pub(crate) async fn change_schedule(
        &self,
        id: &str,
        change: &NewSchedule,
    ) -> Result<ScheduleInfo, Failure> {
        self.json(self.request(Method::PUT, &["schedules", id]), change)
            .await
    }

    pub(crate) async fn delete_schedule(&self, id: &str) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, &["schedules", id]);
        self.send(request).await.map(drop)
    }

    pub(crate) async fn schedule_runs(&self, id: &str) -> Result<Vec<ScheduleRun>, Failure> {
        let request = self.request(Method::GET, &["schedules", id, "history"]);
        read(self.send(request).await?).await
    }

    pub(crate) async fn occurrences(
        &self,
        cron: &str,
        time_zone: Option<&str>,
    ) -> Result<Occurrences, Failure> {
        let mut url = self.url(&["schedules", "next"]);
        url.query_pairs_mut().append_pair("cron", cron);
        if let Some(zone) = time_zone {
            url.query_pairs_mut().append_pair("timeZone", zone);
        }
        let request = self.http.get(url).bearer_auth(&self.token);
        read(self.send(request).await?).await
    }

    pub(crate) async fn queue(
        &self,
        state: Option<QueueState>,
        limit: u32,
    ) -> Result<QueuePage, Failure> {
        let mut url = self.url(&["invocations"]);
        let limit = limit.to_string();
        url.query_pairs_mut().append_pair("limit", &limit);
        if let Some(state) = state {
            url.query_pairs_mut().append_pair("state", state.as_str());
        }
        let request = self.http.get(url).bearer_auth(&self.token);
        read(self.send(request).await?).await
    }

    pub(crate) async fn invocation(&self, id: &str) -> Result<InvocationInfo, Failure> {
        let request = self.request(Method::GET, &["invocations", id]);
        read(self.send(request).await?).await
    }

    pub(crate) async fn redrive(&self, id: &str) -> Result<(), Failure> {
        let request = self.request(Method::POST, &["invocations", id, "redrive"]);
        self.send(request).await.map(drop)
    }

    pub(crate) async fn delete_invocation(&self, id: &str) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, &["invocations", id]);
        self.send(request).await.map(drop)
    }
}
