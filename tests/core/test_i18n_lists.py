"""Lists of words and rows of sentences are glued as a reader of each language expects."""

from aigov import msg, say


def test_words_are_listed_and_sentences_follow_each_other():
    words = msg("usage.known", known=(msg("role.model"), msg("role.dataset")))
    sentences = msg("judge.sentences", sentences=(msg("waiver.valid"), msg("waiver.unused")))
    assert say(words) == "Known: model, data set."
    assert say(words, "zh-CN") == "已知：模型、数据集。"
    assert say(sentences) == "In force. Nothing failed that it could waive."
    assert say(sentences, "zh-CN") == "有效。没有可豁免的不通过项。"
