"""Say how a deployment that needs a decision goes on."""

from ...models import Deployment
from ...services import stopping
from ..speaking import DONE, Answer, NotThere, SpokenCommand, facts_of

_DECISIONS = {"finish": Deployment.FINISH, "put-back": Deployment.PUT_BACK}


class Command(SpokenCommand):
    help = "Finish a deployment that needs a decision, or put everything back."

    def add_own_arguments(self, parser):
        parser.add_argument("id", type=int, help="The deployment's number.")
        parser.add_argument("decision", choices=sorted(_DECISIONS))

    def act(self, actor, options):
        deployment = Deployment.objects.filter(pk=options["id"]).first()
        if deployment is None:
            raise NotThere(f"There is no deployment {options['id']}.")
        stopping.decide(actor, deployment, _DECISIONS[options["decision"]])
        deployment.refresh_from_db()
        return Answer(DONE, f"{actor.name} decided to {options['decision']}: {deployment}.",
                      facts_of(deployment))
