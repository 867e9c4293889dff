"""One side of `others.py`, in a process and an environment of its own: comments in, seconds and peak memory out.

A line of standard input is a JSON list of comments, and whether to take them one by one; a line of output the seconds
of the processor that each call took, and the most memory that the process has used, in MB.
"""

import json
import sys
import time

BERT_WORDS = 30_522


def social_guard():
    from social_guard import SocialGuard

    guard = SocialGuard.load()
    return guard.scores, guard.moderate


def alt_profanity_check():
    from profanity_check import predict_prob

    return predict_prob, lambda comment: predict_prob([comment])


def better_profanity():
    from better_profanity import profanity

    profanity.load_censor_words()
    return lambda comments: list(map(profanity.contains_profanity, comments)), profanity.contains_profanity


def bert_base():
    """The shape of BERT-base with random weights, as Detoxify has it: the cost is the same, the answers mean nothing."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.set_num_threads(1)
    model = BertForSequenceClassification(BertConfig(num_labels=7)).eval()

    def score(comments):
        with torch.inference_mode():
            return model(*pieces(torch, comments)).logits.sigmoid()

    return lambda comments: [score(comments[i : i + 16]) for i in range(0, len(comments), 16)], lambda comment: score([comment])


def pieces(torch, comments):
    """Word pieces by a stand-in for a tokenizer: one for a short word, more for a long one, as WordPiece has on average."""
    ids = [[hash((word, i)) % BERT_WORDS for word in comment.split() for i in range(1 + len(word) // 7)][:510] for comment in comments]
    width = 2 + max(map(len, ids))
    rows = torch.tensor([[101, *row, 102, *[0] * (width - 2 - len(row))] for row in ids])
    return rows, (rows != 0).long()


def peak_memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def main():
    many, one = globals()[sys.argv[1]]()
    for line in sys.stdin:
        comments, alone = json.loads(line)
        times = []
        for argument in comments if alone else [comments]:
            start = time.process_time()
            (one if alone else many)(argument)
            times.append(time.process_time() - start)
        print(json.dumps([times, peak_memory()]), flush=True)


if __name__ == "__main__":
    main()
