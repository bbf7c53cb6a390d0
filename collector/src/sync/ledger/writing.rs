use clickhouse::Client;
use clickhouse::insert::Insert;
use tracing::instrument;

use super::Result;
use super::rows::{CopyRow, DriftRow, LagRow, SubjectRow};
use crate::sync::item::Subject;
use crate::sync::known::Known;
use crate::sync::packed::{self, Packed};

/// What becomes of many subjects, on its way to ClickHouse: it is there when it is [ended](Self::end), and not before.
pub(in crate::sync) struct Writing {
    lags: Insert<LagRow<'static>>,
    drifts: Insert<DriftRow>,
    copies: Insert<CopyRow<'static>>,
    subjects: Insert<SubjectRow<'static>>,
}

impl Writing {
    pub(super) async fn begin(client: &Client) -> Result<Self> {
        Ok(Self {
            lags: client.insert("sync_lags").await?,
            drifts: client.insert("drifts").await?,
            copies: client.insert("copies").await?,
            subjects: client.insert("sync_subjects").await?,
        })
    }

    /// Adds what is known of a subject now, of which readings were taken in that were stored until then; it packed.
    pub(in crate::sync) async fn add(&mut self, subject: &Subject, until_ms: i64, known: &Known) -> Result<Packed> {
        for drift in known.over() {
            self.lags.write(&LagRow::of(drift)).await?;
        }
        for drift in known.drifts() {
            self.drifts.write(&DriftRow::of(drift, until_ms)).await?;
        }
        for copy in known.copies() {
            self.copies.write(&CopyRow::of(copy)).await?;
        }
        let packed = Packed { text: packed::pack(known.all(), known.open()), until_ms };
        self.subjects.write(&SubjectRow::of(subject, &packed)).await?;
        Ok(packed)
    }

    /// Has it all stored. What evaluators go on from comes last: should it not come to that, the same follows from the
    /// same readings again, and what was written of it is replaced.
    #[instrument(name = "INSERT sync_subjects", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "sync_subjects"))]
    pub(in crate::sync) async fn end(self) -> Result<()> {
        self.lags.end().await?;
        self.drifts.end().await?;
        self.copies.end().await?;
        self.subjects.end().await
    }
}
