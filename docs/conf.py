"""How docs/ becomes a site: `make docs`. Everything it needs is in the extra ``[docs]``; it asks nothing of a network."""

from social_guard import __version__

project = "social_guard"
release = __version__
language = "en-GB"

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["papers/templates"]
myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
numpydoc_show_class_members = False
default_role = "code"


def skip_foreign_setters(app, what, name, member, skip, options):
    """scikit-learn's setters of metadata requests link to its own manual."""
    return True if name.startswith("set_") and name.endswith("_request") else None


def setup(app):
    app.connect("autodoc-skip-member", skip_foreign_setters)


html_theme = "furo"
html_title = "social_guard"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_show_sphinx = html_show_copyright = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#005eb8", "color-brand-content": "#005eb8", "color-brand-visited": "#330072"},
    "dark_css_variables": {"color-brand-primary": "#6cb4ff", "color-brand-content": "#6cb4ff", "color-brand-visited": "#b9a7ff"},
}
