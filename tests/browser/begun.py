"""What the pages of a release show: files of changes, usual times, a checklist, and a draft."""

from datetime import timedelta

from deployments.models import Commit, Deployment, Draft, Project

FILES = (
    ["M src/Basket.php", "M composer.lock", "A migrations/Version20261128_vat_on_shipping.php"],
    ["M templates/product.html.twig", "D assets/pictures/summer-sale-of-last-year-in-full.webp"],
)


def tell_files(project):
    """Each change of the project touches a few files; its host is a well-known one."""
    Project.objects.filter(pk=project.pk).update(
        repository_url="https://github.com/team/webshop.git")
    for number, row in enumerate(Commit.objects.filter(project=project)):
        files = FILES[number % 2]
        Commit.objects.filter(pk=row.pk).update(files=files, files_count=len(files))


def take_time(*deployments):
    """Each of them took a bit longer than the one before."""
    for number, row in enumerate(deployments):
        Deployment.objects.filter(pk=row.pk).update(
            claimed_at=row.finished_at - timedelta(seconds=90 + 25 * number))


def begin(person, environment, *, checklist):
    """The person has begun to release the newest change, and ticked half of what is asked."""
    Project.objects.filter(pk=environment.project_id).update(checklist="\n".join(checklist))
    newest = environment.project.refs.get(name="main")
    return Draft.objects.create(
        user=person, environment=environment, version="main", title="main", sha=newest.sha,
        step="release-rules", reason="The newspaper writes about us tomorrow",
        ticked=list(checklist[:1]))
