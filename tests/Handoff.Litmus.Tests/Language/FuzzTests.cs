using CsCheck;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Tests.Language;

public sealed class FuzzTests
{
    private static readonly string[] s_pieces =
        ["{", "}", "(", ")", "[", "..", ";", ",", "=", "|", "+", "-", "&", ".", "\"", "/*", "//", "0x", "99999999999999999999", "DMA_", "thread t {", "expect", "on", "é", "\0", "😀", "if (", "DMA_BIT_MASK(99)", "buffer", "machine {"];

    [Fact]
    public void MutatedTextsNeverThrow() =>
        Gen.Select(LitmusTexts.OneOf(Samples.Heap, Samples.Everything), Gen.Select(Gen.Int[0, 100_000], Gen.Int[0, 40], LitmusTexts.OneOf(s_pieces)).List[1, 8]).Sample(
            (text, edits) =>
            {
                foreach ((int at, int length, string piece) in edits)
                {
                    int start = at % (text.Length + 1);
                    text = text[..start] + piece + text[Math.Min(text.Length, start + (length % 7))..];
                }

                Check(text);
            },
            iter: 6000);

    [Fact]
    public void ArbitraryTextsNeverThrow() => Gen.String.Sample(text => Check("litmus \"t\"\n" + text), iter: 3000);

    [Fact]
    public void HostileSizesEndSoon()
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        foreach (string piece in new[] { "{", "(", "b.", "thread t {", "a = ", "/*", "1", "if (", "x", "x ", "machine { ", "b.read();\n", "expect ok," })
            Check("litmus \"t\"\n" + string.Concat(Enumerable.Repeat(piece, 1_000_000 / piece.Length)));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"{watch.Elapsed}");
        Assert.Equal(DiagnosticIds.TooMuch, Assert.Single(LitmusParser.Parse(new string('x', LitmusParser.LongestText + 1)).Diagnostics).Id);
    }

    private static void Check(string text)
    {
        ParseResult result = LitmusParser.Parse(text);
        Assert.Equal(result.Success, !result.Diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error));
        Assert.NotNull(DiagnosticWriter.Format(result));
        if (result.Test is { } test)
            Assert.True(LitmusParser.Parse(LitmusPrinter.Print(test)).Success, LitmusPrinter.Print(test));
    }
}
