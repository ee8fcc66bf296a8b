//! Where can a deployment be, and when was it there?

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a deployment is. A step is durable before the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DeploymentState {
    /// It waits for its build, or is being built.
    #[serde(rename = "Build Start")]
    BuildStart,
    /// It was built; the artifact is durable.
    #[serde(rename = "Build Finish")]
    BuildFinish,
    /// It is being loaded.
    #[serde(rename = "Deploy Start")]
    DeployStart,
    /// It is live, or was.
    #[serde(rename = "Deploy Finish")]
    DeployFinish,
    /// It does not build.
    #[serde(rename = "Build Error")]
    BuildError,
    /// It was built, but could not be kept or loaded.
    #[serde(rename = "Deploy Error")]
    DeployError,
}

/// A step that a deployment has reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentStep {
    /// The step.
    pub state: DeploymentState,
    /// When it was reached, in milliseconds since the Unix epoch.
    pub at: u64,
}

/// A text that names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the state of a deployment")]
pub struct UnknownState(String);

impl DeploymentState {
    /// The platform's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BuildStart => "Build Start",
            Self::BuildFinish => "Build Finish",
            Self::DeployStart => "Deploy Start",
            Self::DeployFinish => "Deploy Finish",
            Self::BuildError => "Build Error",
            Self::DeployError => "Deploy Error",
        }
    }

    /// How far it is: later steps have more.
    pub(crate) const fn rank(self) -> u8 {
        match self {
            Self::BuildStart => 0,
            Self::BuildFinish => 1,
            Self::DeployStart => 2,
            Self::DeployFinish | Self::BuildError | Self::DeployError => 3,
        }
    }

    /// Whether nothing more will happen.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::DeployFinish | Self::BuildError | Self::DeployError
        )
    }

    /// This step, reached at that time.
    pub(crate) const fn at(self, at: u64) -> DeploymentStep {
        DeploymentStep { state: self, at }
    }
}

impl FromStr for DeploymentState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        [
            Self::BuildStart,
            Self::BuildFinish,
            Self::DeployStart,
            Self::DeployFinish,
            Self::BuildError,
            Self::DeployError,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| UnknownState(text.to_owned()))
    }
}
