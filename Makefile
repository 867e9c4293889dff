PYTHON ?= python
CORPORA ?= ../shared/corpora
ENVIRONMENTS ?= build/benchmarks

LOCK = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock"

.PHONY: install demo notebooks test model agreement evaluate papers docs learning-curve benchmarks folds \
  lock audit sbom speed speed-scoring speed-growth speed-others speed-files speed-archive speed-spark speed-training \
  speed-equality speed-kernel

install:  ## the package with everything that developing it needs
	$(PYTHON) -m pip install -e .[dev]

demo:  ## score the example file with the model that ships
	social-guard score data/example/comments.csv -o scored.csv

test:  ## what CI runs
	ruff check . && mypy && pytest -n auto --dist loadfile

model:  ## rebuild models/default from the open corpora and our own comments
	social-guard train data/comments -o models/default --corpora $(CORPORA) --jobs 2
	$(PYTHON) data/pin_model.py

agreement:  ## of the two labellings of our own comments
	$(PYTHON) benchmarks/agreement.py

evaluate:  ## figures on comments that the model was not trained on, into docs/figures/, and the papers made of them
	$(PYTHON) benchmarks/evaluate.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/goals.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/rationales.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/explanations.py
	$(PYTHON) benchmarks/review_sheet.py
	$(PYTHON) benchmarks/training_privacy.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/papers.py

papers:  ## model card, data sheets, records and annexes from those figures, into docs/papers/
	$(PYTHON) benchmarks/papers.py

docs:  ## the site, into build/site; a broken link is an error
	$(PYTHON) -m sphinx -W --keep-going -q -b html docs build/site

learning-curve:  ## what more comments would bring, into docs/figures/
	$(PYTHON) benchmarks/learning_curve.py --corpora $(CORPORA)

benchmarks:  ## sources held out in turn, settings of the recipe, posts, varied comments, personal details, promises, replay
	$(PYTHON) benchmarks/holdout.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/recipe.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/context.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/variations.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/source_weights.py --corpora $(CORPORA) --per-source 3000
	$(PYTHON) benchmarks/sentences.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/kills.py
	$(PYTHON) benchmarks/privacy.py
	$(PYTHON) benchmarks/tuning.py
	$(PYTHON) benchmarks/replay.py

speed: speed-scoring speed-growth speed-others speed-files speed-archive speed-spark speed-training speed-equality  ## all below

speed-scoring:  ## batches, single comments and a whole process beside scikit-learn, into docs/figures/speed.md
	$(PYTHON) benchmarks/speed.py

speed-growth:  ## the cost of more rows and of longer comments, with plots
	$(PYTHON) benchmarks/growth.py

speed-others:  ## other filters, each in an environment of its own
	$(PYTHON) benchmarks/others.py --environments $(ENVIRONMENTS)

speed-files:  ## files of every format: rate, memory, one core and two
	$(PYTHON) benchmarks/files.py formats

speed-archive:  ## ten million rows of CSV
	$(PYTHON) benchmarks/files.py archive

speed-spark:  ## a million rows in Spark and without; needs Java and the extra [spark]
	$(PYTHON) benchmarks/files.py spark

speed-training:  ## the recipe beside plain scikit-learn
	$(PYTHON) benchmarks/training.py --corpora $(CORPORA) --all

speed-kernel:  ## what a compiled kernel would bring; no part of `speed`, needs pip install numba
	$(PYTHON) benchmarks/kernel.py

speed-equality:  ## scores equal those of scikit-learn on a million comments
	$(PYTHON) benchmarks/equality.py

folds:  ## rebuild the table of characters
	$(PYTHON) data/make_folds.py

notebooks:  ## run the notebooks and keep their outputs
	$(PYTHON) notebooks/execute.py

lock:  ## the newest releases, for development, and the oldest that are allowed, for a test, each with its hashes
	$(PYTHON) -m $(LOCK) --upgrade setup.cfg --extra dev -o requirements.lock
	printf 'pytest>=8\nhypothesis>=6.100\n' | $(PYTHON) -m $(LOCK) --upgrade --resolution lowest-direct setup.cfg - \
	  --extra history --extra privacy -o requirements-oldest.lock

audit:  ## known vulnerabilities of the locked releases; needs pip install .[audit] and the advisories of the Python Package Index
	pip-audit --strict --require-hashes --disable-pip -r requirements.lock

sbom:  ## what the locked releases are, as CycloneDX; needs pip install .[audit]
	cyclonedx-py requirements requirements.lock --output-reproducible --of JSON -o sbom.json
