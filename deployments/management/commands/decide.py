"""Say how a deployment goes on: one that needs a decision, or one that is on its way too far."""

from ...models import Deployment
from ...services import stopping
from ..speaking import DONE, Answer, NotThere, SpokenCommand, facts_of

_DECISIONS = {"finish": Deployment.FINISH, "put-back": Deployment.PUT_BACK}


class Command(SpokenCommand):
    help = ("Finish a deployment that needs a decision, or put everything back. “put-back” also "
            "turns back one that is on its way and has switched.")

    def add_own_arguments(self, parser):
        parser.add_argument("id", type=int, help="The deployment's number.")
        parser.add_argument("decision", choices=sorted(_DECISIONS))

    def act(self, actor, options):
        deployment = Deployment.objects.filter(pk=options["id"]).first()
        if deployment is None:
            raise NotThere(f"There is no deployment {options['id']}.")
        decision = _DECISIONS[options["decision"]]
        if decision == Deployment.PUT_BACK and deployment.status == "running":
            stopping.turn_back(actor, deployment)
        else:
            stopping.decide(actor, deployment, decision)
        deployment.refresh_from_db()
        words = decision.replace("_", " ")
        return Answer(DONE, f"{actor.name} decided to {words}: {deployment}.",
                      facts_of(deployment))
