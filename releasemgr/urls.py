"""Everything is one admin site; its index is the home page."""

from django.urls import path
from django.views.generic import RedirectView

from deployments.site import site

urlpatterns = [
    path("admin/", site.urls),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
]

handler500 = "deployments.pages.out_of_order.answer"
