"""The kit's model of the API as a Hypothesis state machine, with a rule of one's own.

Point it at any server by ``base_url``; with ``budget_jobs = 0`` it starts no job.
"""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from sampan import FakeServer
from sampan.conformance import ApiMachine


def test_the_service_behaves_as_the_model() -> None:
    with FakeServer(job_seconds=0.02) as fake:

        class Service(ApiMachine):
            base_url = fake.url
            username = "abc"
            password = "abc-secret"
            budget_jobs = 20

            @rule()
            def nothing_is_deleted(self) -> None:
                for record in self.call("findJobs", {"limit": 50}).records:
                    assert record["deleted"] is False

        run_state_machine_as_test(
            Service,
            settings=settings(
                max_examples=3,
                stateful_step_count=12,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
