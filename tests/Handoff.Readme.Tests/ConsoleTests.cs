using System.Text;
using System.Text.RegularExpressions;
using Handoff.Cli;
using Handoff.Cli.Terminal;

namespace Handoff.Readme.Tests;

/// <summary>
/// Every <c>```console</c> block of every page: the commands are run, and their output is compared with what the page says. Times and counters
/// are masked; a line with only <c>…</c> stands for any lines. With HANDOFF_BLESS=1, pages get the real output instead.
/// </summary>
public sealed partial class ConsoleTests
{
    private const string Prompt = "$ ";

    // Commands of pages that other checks run, or that would run these tests again.
    private static readonly string[] RunElsewhere = ["./test", "./conform", "bash .ci/run", "dotnet ", "git ", "bench/"];

    public static TheoryData<string> PagesWithCommands => [.. CodeBlock.All("console").Select(block => block.Page).Distinct()];

    [Theory]
    [MemberData(nameof(PagesWithCommands))]
    public void Commands_print_what_the_page_says(string page)
    {
        Directory.SetCurrentDirectory(Repository.Root);
        string text = Repository.Read(page);
        var wrong = new StringBuilder();
        foreach (var block in CodeBlock.Of(page, text).Where(block => block.Language == "console").ToList())
        {
            string real = Rewrite(block);
            if (Matches(block.Text, real))
                continue;
            if (Environment.GetEnvironmentVariable("HANDOFF_BLESS") is { Length: > 0 })
                text = text.Replace("```console\n" + block.Text + "```", "```console\n" + real + "```", StringComparison.Ordinal);
            else
                wrong.Append($"{block}: the page says\n{block.Text}but the commands print\n{real}\n");
        }

        if (text != Repository.Read(page))
            File.WriteAllText(Path.Combine(Repository.Root, page), text);
        Assert.True(wrong.Length == 0, wrong.ToString());
    }

    [Fact]
    public void There_are_commands_to_check() => Assert.Contains("README.md", CodeBlock.All("console").Select(block => block.Page));

    [Theory]
    [InlineData("a 12 ms b\n", "a 7 ms b\n", true)]
    [InlineData("1,234 states · 1.2 s\n", "9 states · 3 ms\n", true)]
    [InlineData("a\n…\nz\n", "a\nb\nc\nz\n", true)]
    [InlineData("a\n…\nz\n", "a\nb\n", false)]
    [InlineData("leak\n", "ok\n", false)]
    [InlineData("…\nz\n", "a\nz\nb\n", false)]
    [InlineData("a\n…\nb\n…\nz\n", "a\nx\nb\nb\ny\nz\n", true)]
    [InlineData("a\n…\nb\n…\nz\n", "a\nx\ny\nz\n", false)]
    [InlineData("a\n", "a\nb\n", false)]
    [InlineData("a\nb\n", "a\n", false)]
    public void Comparison_masks_times_and_nothing_else(string page, string real, bool same) => Assert.Equal(same, Matches(page, real));

    /// <summary>The block with the real output of its commands.</summary>
    private static string Rewrite(CodeBlock block)
    {
        var text = new StringBuilder();
        string[] lines = block.Text.TrimEnd('\n').Split('\n');
        Assert.True(lines[0].StartsWith(Prompt, StringComparison.Ordinal), $"{block}: a console block begins with a command after '$ '");
        for (int at = 0; at < lines.Length;)
        {
            string command = lines[at][Prompt.Length..];
            text.Append(lines[at++]).Append('\n');
            int first = at;
            while (at < lines.Length && !lines[at].StartsWith(Prompt, StringComparison.Ordinal))
                at++;
            if (RunElsewhere.Any(known => command.StartsWith(known, StringComparison.Ordinal)))
                text.AppendJoin("", lines[first..at].Select(line => line + "\n"));
            else
                text.Append(Run(block, command));
        }

        return text.ToString();
    }

    private static string Run(CodeBlock block, string command)
    {
        const string program = "./handoff";
        const string echo = "; echo $?";
        bool wantsCode = command.EndsWith(echo, StringComparison.Ordinal);
        string line = wantsCode ? command[..^echo.Length] : command;
        Assert.True(line == program || line.StartsWith(program + " ", StringComparison.Ordinal), $"{block}: nothing runs '{command}'");
        Assert.True(line.IndexOfAny(['|', '>', '<', ';', '&', '\'', '"', '$', '*']) < 0, $"{block}: '{command}' needs a shell");

        using var output = new StringWriter();
        var session = new Session { Out = output, Error = output, OpenInput = () => Stream.Null };
        var code = Application.Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..], session);
        Assert.True(wantsCode || code is ExitCode.AsExpected or ExitCode.Differs, $"{block}: '{command}' ended with {code}: {output}");
        return output + (wantsCode ? $"{(int)code}\n" : "");
    }

    private static bool Matches(string page, string real)
    {
        string[] wanted = Mask(page).Split('\n'), has = Mask(real).Split('\n');
        // Stretches between lines of … : the first one begins the text, the last one ends it, the others follow in order.
        int at = 0, from = 0;
        for (int dots = Array.IndexOf(wanted, "…"); dots >= 0; from = dots + 1, dots = Array.IndexOf(wanted, "…", from))
        {
            int found = from == 0 ? 0 : Find(has, at, wanted.AsSpan(from, dots - from));
            if (found < 0 || !Stands(has, found, wanted.AsSpan(from, dots - from)))
                return false;
            at = found + dots - from;
        }

        int last = has.Length - (wanted.Length - from);
        return (from == 0 ? last == 0 : last >= at) && Stands(has, last, wanted.AsSpan(from));
    }

    private static int Find(string[] lines, int from, ReadOnlySpan<string> wanted)
    {
        for (int at = from; at + wanted.Length <= lines.Length; at++)
        {
            if (Stands(lines, at, wanted))
                return at;
        }

        return -1;
    }

    private static bool Stands(string[] lines, int at, ReadOnlySpan<string> wanted) =>
        at >= 0 && at + wanted.Length <= lines.Length && lines.AsSpan(at, wanted.Length).SequenceEqual(wanted);

    private static string Mask(string text) => Counter().Replace(Time().Replace(text, "TIME"), "N $1");

    [GeneratedRegex(@"\b\d+ min \d+ s\b|\b\d+(\.\d+)? (ms|s|µs)\b")]
    private static partial Regex Time();

    [GeneratedRegex(@"[\d,]+ (state)s?\b")]
    private static partial Regex Counter();
}
