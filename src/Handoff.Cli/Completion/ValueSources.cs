using System.CommandLine;
using Handoff.Cli.Verbs;
using Handoff.Litmus.Language;
using Handoff.Reports.Check;
using Handoff.Tracing.Recordings;

namespace Handoff.Cli.Completion;

/// <summary>What the options and arguments of all verbs take, by their names: the same word means the same everywhere.</summary>
internal static class ValueSources
{
    private static readonly string[] FileNames = ["FILE", "OUT", "DIR", "PATH", "PATH …", "TRACE", "BEFORE", "AFTER"];

    /// <summary>What an option takes.</summary>
    /// <param name="option">The option.</param>
    /// <param name="earlier">The words before it: some values depend on them.</param>
    public static ValueSource Of(Option option, IReadOnlyList<string> earlier) => option.Name switch
    {
        "--kernel" when IsList(option) => new ValueSource(false, true, KernelItems.For),
        "--kernel" => new ValueSource(false, false, static (begun, _) => KernelItems.For(begun, isFirst: true).Where(static item => item.Text != KernelNames.All)),
        "--on" => ValueSource.SomeOf(VerdictText.Conditions.Select(static each => new Candidate(each.Name)).Concat(KnownMachines.All.Select(static machine => new Candidate(machine.Name, machine.Description)))),
        "--verdict" => ValueSource.OneOf(Enum.GetValues<Verdict>().Where(static verdict => verdict != Verdict.Ok).Select(static verdict => new Candidate(VerdictText.Name(verdict), VerdictText.Meaning(verdict)))),
        "--bounce" => new ValueSource(false, IsList(option), static (_, _) => ReplayOptionSet.ModeWords.Select(static word => new Candidate(word))),
        "--event" => ValueSource.SomeOf(DmaEventKindNames.All.Where(static name => name != "unknown").Select(static name => new Candidate(name))),
        "--device" => ValueSource.SomeOf(RecordedDevices.Of(earlier)),
        "--swiotlb" => ValueSource.SomeOf(((string[])["default", "16M", "64M", "128M", "256M", "512M", "1G", "100%", "150%", "200%"]).Select(static word => new Candidate(word))),
        "--areas" => new ValueSource(false, IsList(option), static (_, _) => [new Candidate("cpus", "one a processor"), new("1"), new("2"), new("4"), new("8")]),
        "--keep" => ValueSource.SomeOf([new("devices"), new("tasks"), new("markers")]),
        _ when option is WordOption { Words: var words } => ValueSource.OneOf(words.Select(static word => new Candidate(word))),
        _ => FileNames.Contains(option.HelpName) ? ValueSource.File : ValueSource.Anything,
    };

    /// <summary>What an argument takes.</summary>
    public static ValueSource Of(System.CommandLine.Argument argument) => argument.HelpName switch
    {
        "KERNEL …" => new ValueSource(false, true, KernelItems.For),
        "MACHINE …" => ValueSource.OneOf(KnownMachines.All.Select(static machine => new Candidate(machine.Name, machine.Description))),
        "SHELL" => ValueSource.OneOf([new("bash"), new("zsh"), new("fish")]),
        "VERB" => ValueSource.OneOf(VerbList.Create().Select(static verb => new Candidate(verb.Name, verb.Summary))),
        { } name when FileNames.Contains(name) => ValueSource.File,
        _ => ValueSource.Anything,
    };

    private static bool IsList(Option option) => option.HelpName?.Contains('…', StringComparison.Ordinal) == true;
}
