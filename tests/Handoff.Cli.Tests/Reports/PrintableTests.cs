using System.Text;
using Handoff.Reports.Text;

namespace Handoff.Cli.Tests.Reports;

/// <summary>What a recording says can do nothing to a terminal.</summary>
public sealed class PrintableTests
{
    [Theory]
    [InlineData("a\e[2Jb", "a?[2Jb")]
    [InlineData("a\u009b2Jb", "a?2Jb")]
    [InlineData("a\u202eb\u2066c\u200fd", "a?b?c?d")]
    [InlineData("a\nb\tc\u2028", "a?b?c?")]
    [InlineData("größer 你好", "größer 你好")]
    public void Of_leaves_only_signs(string text, string expected) => Assert.Equal(expected, Printable.Of(text));

    [Theory]
    [InlineData("report", "--no-replay")]
    [InlineData("dump", "--csv")]
    [InlineData("dump", "--plain")]
    [InlineData("diff", "")]
    [InlineData("report", "--json")]
    [InlineData("dump", "--json")]
    public void No_verb_prints_what_moves_the_cursor(string verb, string option)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Encoding.UTF8.GetBytes(
                "  e\e[31mvil\u202e-12  [001] d..2. 1.000123: dma_map_page: d\e]0;p\a\u202e\u009b\" dir=FROM_DEVICE dma_addr=ffffffffffffffff size=512 phys_addr=142a3000 attrs=\n" +
                "  x-12  [001] d..2. 1.000124: tracing_mark_write: \e[2J\u202e\u009b\n"));
            string[] words = [verb, path, .. verb == "diff" ? (string[])[Traces.TraceFiles.Dat] : [], .. option.Length > 0 ? (string[])[option] : []];
            var run = Run.Of(words);
            Assert.NotEmpty(run.Out);
            Assert.DoesNotContain(run.Out + run.Error, static sign => char.IsControl(sign) && sign != '\n');
            if (option != "--json")
                Assert.DoesNotContain('\u202e', run.Out);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
