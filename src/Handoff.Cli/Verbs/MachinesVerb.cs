using System.CommandLine;
using Handoff.Cli.Terminal;
using Handoff.Litmus.Language;
using Handoff.Reports.Machines;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff machines</c>: the machines that have names, for <c>machine { on NAME }</c> and <c>--on NAME</c>.</summary>
internal sealed class MachinesVerb : Verb
{
    private readonly Argument<string[]> _machines = new("MACHINE")
    {
        HelpName = "MACHINE …",
        Description = "machines to show with everything that is known of them; none: the list",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _json = new("--json") { Description = "for programs" };

    public MachinesVerb()
        : base("machines", "List the machines that litmus tests can be put on by name.")
    {
        Arguments.Add(_machines);
        Options.Add(_json);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("machines arm64-nc-6g", "what a test need not say on this machine"),
        new("check litmus/api --on arm64-nc-6g", "a family on it"),
    ];

    public override ExitCode Run(System.CommandLine.ParseResult arguments, Session session)
    {
        var machines = (arguments.GetValue(_machines) ?? []).Select(Find).ToList();
        if (arguments.GetValue(_json))
            session.WriteUtf8(stream => MachineJsonWriter.Write(machines.Count == 0 ? KnownMachines.All : machines, stream));
        else if (machines.Count == 0)
            MachineTextWriter.WriteList(session.OutInk, session.Width);
        else
            machines.ForEach(machine => MachineTextWriter.Write(machine, session.OutInk, session.Width));
        return ExitCode.AsExpected;
    }

    private static KnownMachine Find(string name)
    {
        if (KnownMachines.Find(name) is { } machine)
            return machine;
        var (message, hint) = KnownMachines.Explain(name);
        throw new UserErrorException(ExitCode.Usage, message.StartsWith('\'') ? message : $"{message}: '{name}'", hint);
    }
}
