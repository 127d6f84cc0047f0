using System.CommandLine;
using System.Globalization;
using Handoff.Kernels;
using Handoff.Litmus.Language;
using Handoff.Reports.Check;

namespace Handoff.Cli.Verbs;

/// <summary>The options that every verb which checks tests has.</summary>
internal sealed class CheckOptionSet
{
    private readonly Option<string> _kernels = new("--kernel", "-k") { HelpName = "A,B,…", Description = $"kernels (default {KernelProfiles.DefaultName}; all: every release)" };
    private readonly Option<string> _machines = new("--on") { HelpName = "MACHINE", Description = $"a machine ('handoff machines' lists them), or all that are {string.Join(", ", VerdictText.Conditions.Select(each => each.Name))}" };
    private readonly Option<string> _maxStates = new("--max-states") { HelpName = "N", Description = "most states of one search: 500K, 20M (the default)" };
    private readonly Option<string> _timeout = new("--timeout") { HelpName = "TIME", Description = "end after this time (500ms, 30s, 5m) with what is known" };

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (var option in (Option[])[_kernels, _machines, _maxStates, _timeout])
            verb.Options.Add(option);
    }

    /// <summary>What was asked for.</summary>
    /// <exception cref="UserErrorException">Something cannot be understood.</exception>
    public CheckRequest Read(System.CommandLine.ParseResult arguments) => new()
    {
        Kernels = WithoutDoubles(arguments.GetValue(_kernels) is { } kernels ? KernelNames.Parse(kernels) : [KernelProfiles.Default]),
        Machines = ReadMachines(arguments.GetValue(_machines)),
        On = (arguments.GetValue(_machines)?.Split(',') ?? []).Select(word => KnownMachines.Find(word.Trim())).FirstOrDefault(machine => machine is not null),
        MaxStates = arguments.GetValue(_maxStates) is { } states ? ReadCount(states) : null,
        Timeout = arguments.GetValue(_timeout) is { } time ? ReadTime(time) : null,
    };

    /// <summary>Whether kernels were named.</summary>
    public bool HasKernels(System.CommandLine.ParseResult arguments) => arguments.GetValue(_kernels) is not null;

    /// <summary>Whether machines were named.</summary>
    public bool HasMachines(System.CommandLine.ParseResult arguments) => arguments.GetValue(_machines) is not null;

    private static List<KernelProfile> WithoutDoubles(IEnumerable<KernelProfile> kernels) => [.. kernels.DistinctBy(kernel => kernel.Name)];

    private static List<MachineCondition> ReadMachines(string? text)
    {
        var conditions = new List<MachineCondition>();
        string[] words = text?.Split(',') ?? [];
        string[] named = [.. words.Select(word => word.Trim()).Where(word => KnownMachines.Find(word) is not null).Distinct()];
        if (named.Length > 1)
            throw new UserErrorException(ExitCode.Usage, $"--on: {named[0]} and {named[1]} are different machines", "name one at a time");
        foreach (string word in words.Where(word => !named.Contains(word.Trim())))
        {
            if (VerdictText.Conditions.All(each => each.Name != word.Trim()))
            {
                string? nearest = NearestWord.Find(word, VerdictText.Conditions.Select(each => each.Name).Concat(KnownMachines.All.Select(machine => machine.Name)));
                if (KnownMachines.Explain(word.Trim()) is var (message, _) && message.Contains("IOMMU", StringComparison.Ordinal))
                    throw new UserErrorException(ExitCode.Usage, $"--on: {message}", "handoff machines lists those that can be checked");
                throw new UserErrorException(
                    ExitCode.Usage, $"--on: '{word}' is no kind of machine", nearest is null ? $"words: {string.Join(", ", VerdictText.Conditions.Select(each => each.Name))}; handoff machines lists machines by name" : $"did you mean '{nearest}'?");
            }

            conditions.Add(ConditionOf(word.Trim()));
        }

        foreach (var (one, other) in ((string, string)[])[("coherent", "noncoherent"), ("bounced", "direct"), ("forced", "direct"), ("line64", "line128")])
        {
            if (conditions.Contains(ConditionOf(one)) && conditions.Contains(ConditionOf(other)))
                throw new UserErrorException(ExitCode.Usage, $"--on: no machine is both {one} and {other}");
        }

        return conditions;
    }

    private static MachineCondition ConditionOf(string word) => VerdictText.Conditions.First(each => each.Name == word).Condition;

    private static long ReadCount(string text)
    {
        long unit = text.Length == 0 ? 1 : char.ToUpperInvariant(text[^1]) switch { 'K' => 1_000, 'M' => 1_000_000, 'G' => 1_000_000_000, _ => 1 };
        string digits = unit == 1 ? text : text[..^1];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count == 0 || count > long.MaxValue / unit)
            throw new UserErrorException(ExitCode.Usage, $"--max-states: '{text}' is no number of states", "write a number from 1, with K, M or G for thousands, millions or billions");
        return count * unit;
    }

    private static TimeSpan ReadTime(string text)
    {
        var (digits, unit) = text switch
        {
            [.. var number, 'm', 's'] => (number, TimeSpan.FromMilliseconds(1)),
            [.. var number, 's'] => (number, TimeSpan.FromSeconds(1)),
            [.. var number, 'm'] => (number, TimeSpan.FromMinutes(1)),
            _ => (text, TimeSpan.FromSeconds(1)),
        };
        // A day is more than anybody waits, and far from what timers cannot take.
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) || !(count > 0) || !(count * unit.TotalDays <= 1))
            throw new UserErrorException(ExitCode.Usage, $"--timeout: '{text}' is no time", "write a time up to a day, such as 500ms, 30s or 5m");
        return count * unit;
    }
}
