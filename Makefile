PYTHON ?= python
CORPORA ?= ../shared/corpora

ENVIRONMENTS ?= build/benchmarks

.PHONY: install demo test model agreement evaluate learning-curve benchmarks folds
.PHONY: speed speed-scoring speed-growth speed-others speed-files speed-archive speed-spark speed-training speed-equality

install:  ## the package with everything that developing it needs
	$(PYTHON) -m pip install -e .[dev]

demo:  ## score the example file with the model that ships
	social-guard score data/example/comments.csv -o scored.csv

test:  ## what CI runs
	ruff check . && mypy && pytest

model:  ## rebuild models/default from the open corpora and our own comments
	social-guard train data/comments -o models/default --corpora $(CORPORA) --jobs 2

agreement:  ## of the two labellings of our own comments
	$(PYTHON) benchmarks/agreement.py

evaluate:  ## figures on comments that the model was not trained on, into docs/figures/
	$(PYTHON) benchmarks/evaluate.py --corpora $(CORPORA)

learning-curve:  ## what more comments would bring, into docs/figures/
	$(PYTHON) benchmarks/learning_curve.py --corpora $(CORPORA)

benchmarks:  ## sources held out in turn, settings of the recipe, personal details, promises, replay
	$(PYTHON) benchmarks/holdout.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/recipe.py --corpora $(CORPORA)
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
	$(PYTHON) benchmarks/training.py --corpora $(CORPORA)

speed-equality:  ## scores equal those of scikit-learn on a million comments
	$(PYTHON) benchmarks/equality.py

folds:  ## rebuild the table of characters
	$(PYTHON) data/make_folds.py
