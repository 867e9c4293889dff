PYTHON ?= python
CORPORA ?= ../shared/corpora

.PHONY: install demo test model agreement evaluate papers docs learning-curve benchmarks folds

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

evaluate:  ## figures on comments that the model was not trained on, into docs/figures/, and the papers made of them
	$(PYTHON) benchmarks/evaluate.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/papers.py

papers:  ## model card, data sheets, records and annexes from those figures, into docs/papers/
	$(PYTHON) benchmarks/papers.py

docs:  ## the site, into build/site; a broken link is an error
	$(PYTHON) -m sphinx -W --keep-going -q -b html docs build/site

learning-curve:  ## what more comments would bring, into docs/figures/
	$(PYTHON) benchmarks/learning_curve.py --corpora $(CORPORA)

benchmarks:  ## sources held out in turn, settings of the recipe, memory, personal details, promises, replay
	$(PYTHON) benchmarks/holdout.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/recipe.py --corpora $(CORPORA)
	$(PYTHON) benchmarks/files.py
	$(PYTHON) benchmarks/privacy.py
	$(PYTHON) benchmarks/tuning.py
	$(PYTHON) benchmarks/replay.py

folds:  ## rebuild the table of characters
	$(PYTHON) data/make_folds.py
