"""Every error that cajajejo raises on purpose, and the exit code that each one stands for.

The tree::

    CajajejoError                  exit 70   root; only a defect of ours reaches the user as itself
      BadInputError                exit 2    nothing a retry can mend
        ConfigError                exit 2    one or more problems in a file, each with its position
        ModelError                 exit 2    a model folder that is missing, incomplete or cannot be loaded
        DeviceError                exit 2    an accelerator was asked for and cannot be used
      InfrastructureError          exit 3    storage, tracker or cluster failed; worth a retry
        TrackerError               exit 3    the tracker cannot be reached, or refuses
        ClusterError               exit 3    the Kubernetes API server cannot be reached, or refuses
          UnreachableError         exit 3    no answer, or not one of a Kubernetes API server
          UnauthorizedError        exit 3    401: the login is missing, wrong or has expired
          ForbiddenError           exit 3    403: the login lacks a right, or an admission rule refuses
          ExpiredError             exit 3    410: a watch must start anew
          ConflictError            exit 3    409: the object exists, or has changed meanwhile
          MissingError             exit 2    404: there is no such object
          RefusedError             exit 2    other 4xx: the object is invalid
        StoreError                 exit 3    the run folder cannot be read or written
          SupersededError          exit 3    a newer attempt has claimed the run
      WeightsError                 exit 2 or 3   weights cannot be fetched: not there or forbidden, or worth a retry
      DisruptionBudgetError        exit 1    the job was disrupted more often than it may be
      OutOfTimeError               exit 124  what was waited for did not happen in time
      HarnessCrashError            exit 70   the harness process died without saying why
      InterruptedRunError          exit 130 or 143   SIGINT or SIGTERM arrived
"""

from cajajejo.errors.cluster import (
    ClusterError,
    ConflictError,
    ExpiredError,
    ForbiddenError,
    MissingError,
    RefusedError,
    UnauthorizedError,
    UnreachableError,
)
from cajajejo.errors.endings import DisruptionBudgetError, HarnessCrashError, InterruptedRunError, OutOfTimeError
from cajajejo.errors.inputs import ConfigError, DeviceError, ModelError
from cajajejo.errors.root import BadInputError, CajajejoError, ExitCode, InfrastructureError
from cajajejo.errors.storage import StoreError, SupersededError, TrackerError, WeightsError

__all__ = [
    "BadInputError",
    "CajajejoError",
    "ClusterError",
    "ConfigError",
    "ConflictError",
    "DeviceError",
    "DisruptionBudgetError",
    "ExitCode",
    "ExpiredError",
    "ForbiddenError",
    "HarnessCrashError",
    "InfrastructureError",
    "InterruptedRunError",
    "MissingError",
    "ModelError",
    "OutOfTimeError",
    "RefusedError",
    "StoreError",
    "SupersededError",
    "TrackerError",
    "UnauthorizedError",
    "UnreachableError",
    "WeightsError",
]
