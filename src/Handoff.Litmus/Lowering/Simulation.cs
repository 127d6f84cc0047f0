using Handoff.Kernels;
using Handoff.Litmus.Language;
using Handoff.Litmus.Model;
using Handoff.Ownership;
using Handoff.Sharing;
using Handoff.Swiotlb;

namespace Handoff.Litmus.Lowering;

/// <summary>One run of a test through the mapping layer, writing down every agent's steps.</summary>
internal sealed partial class Simulation
{
    private readonly LitmusTest _test;
    private readonly MachineSetup _setup;
    private readonly DmaLayer<RecordingMemory> _layer;
    private readonly KernelProfile _kernel;
    private readonly List<MemoryEffect> _effects = [];
    private readonly List<int> _choices;
    private readonly List<(string Name, List<PhysicalStep> Steps)> _agents = [];
    private readonly Dictionary<string, StepRef> _signals = [];
    private readonly Dictionary<string, Mapping> _mappings = [];
    private readonly Dictionary<string, Errno> _values = [];
    private readonly List<Mapping> _allMappings = [];
    private readonly List<CheckFinding> _findings = [];
    private readonly HashSet<int> _certain = [];
    private readonly List<Errno> _errors = [];
    private readonly Dictionary<string, List<StepRef>> _running = [];
    private readonly List<(PhysicalStep Step, MemoryEffect Effect, bool Write, string Name)> _cpuAccesses = [];
    private readonly List<(PhysicalStep Step, Mapping Mapping, ulong From, ulong To, bool Write)> _deviceAccesses = [];
    private readonly List<(PhysicalStep Step, string Memory, List<(ulong Start, ulong Size)> Runs)> _frees = [];
    private readonly List<(ulong Start, ulong Size)> _bounces = [];
    private StepRef? _lastCommit;
    private int _nextLabel = 1;

    public Simulation(LitmusTest test, KernelProfile kernel, MachineVariant machine, List<int> choices)
    {
        _test = test;
        _kernel = kernel;
        _choices = choices;
        _setup = new MachineSetup(test, machine, kernel.Switches);
        _layer = new DmaLayer<RecordingMemory>(_setup.Machine, kernel, new RecordingMemory(_effects));
        _setup.PlaceBuffers(test.Buffers, _layer.Rules.KmallocMinAlign);
        _layer.Observer = _watch = new LayerWatch(_effects, _allMappings);
        foreach (MemoryObject memory in _setup.Objects.Values.Where(o => o.Declaration is { IsDmaBuf: true }))
            _buffers.Add(memory.Name, new DmaBuf<RecordingMemory>(ExporterOf(memory), memory.Size));
    }

    /// <summary>How many threads could have called the layer at each choice.</summary>
    public List<int> Options { get; } = [];

    /// <summary>Which of them did.</summary>
    public List<int> Taken { get; } = [];

    public LoweredTest Run()
    {
        _agents.Add(("cpu", []));
        GiveOutBuffers();
        bool goesOn = true;
        foreach (Statement statement in _test.Prologue)
        {
            if (!(goesOn = goesOn && Execute(0, statement)))
                break;
        }

        if (goesOn && !_test.Threads.IsEmpty)
            RunThreads();
        foreach (Statement statement in goesOn ? _test.Epilogue : [])
        {
            if (!Execute(0, statement))
                break;
        }

        AddChecks();
        var others = PlacesOfOthers.Of(_bounces, Allocators, _setup.Objects.Values);
        Recycle();
        return new LoweredTest(new PhysicalProgram(_setup.Machine.MaintenanceLineSize, _agents, others, NameOf), _findings, _certain) { Errors = _errors };
    }

    private IEnumerable<SwiotlbAllocator?> Allocators => _setup.Devices.Values.Select(d => d.RestrictedPool).Append(_layer.Swiotlb);

    /// <summary>The machine is not used any more: the next one can have its pools' memory.</summary>
    private void Recycle()
    {
        foreach (SwiotlbAllocator? allocator in Allocators)
        {
            foreach (SwiotlbPool pool in allocator?.Pools ?? [])
                pool.Recycle();
        }
    }

    private void RunThreads()
    {
        StepRef? before = _agents[0].Steps.Count > 0 ? new StepRef(0, _agents[0].Steps.Count - 1) : null;
        var next = new int[_test.Threads.Length];
        var ended = new bool[_test.Threads.Length];
        int firstAgent = _agents.Count;
        foreach (ThreadDeclaration thread in _test.Threads)
        {
            _agents.Add((thread.Name.Text, []));
            PhysicalStep begin = Add(_agents.Count - 1, $"thread {thread.Name.Text} begins", thread.Span);
            if (before is { } step)
                begin.After.Add(new Precondition(step));
        }

        while (true)
        {
            bool moved = false;
            for (int t = 0; t < next.Length; t++)
            {
                while (!ended[t] && Peek(t) is { } statement && !CallsLayer(statement) && !IsBlocked(statement))
                {
                    ended[t] = !Execute(firstAgent + t, statement);
                    next[t]++;
                    moved = true;
                }
            }

            int[] callers = [.. Enumerable.Range(0, next.Length).Where(t => !ended[t] && Peek(t) is { } s && CallsLayer(s))];
            if (callers.Length == 0 && !moved)
                break;
            if (callers.Length == 0)
                continue;
            int caller = callers[callers.Length == 1 ? 0 : Choose(callers.Length)];
            ended[caller] = !Execute(firstAgent + caller, Peek(caller)!);
            next[caller]++;
        }

        PhysicalStep join = Add(0, "all threads have ended", default);
        for (int t = 0; t < next.Length; t++)
        {
            int agent = firstAgent + t;
            if (!ended[t] && Peek(t) is { } stuck)
            {
                PhysicalStep forever = Add(agent, $"waits for an event that nobody signals", stuck.Span);
                forever.After.Add(new Precondition(new StepRef(agent, _agents[agent].Steps.Count - 1)));
            }

            join.After.Add(new Precondition(new StepRef(agent, _agents[agent].Steps.Count - 1)));
        }

        Statement? Peek(int thread) => next[thread] < _test.Threads[thread].Body.Length ? _test.Threads[thread].Body[next[thread]] : null;
    }

    private int Choose(int options)
    {
        int choice = Taken.Count < _choices.Count ? Math.Clamp(_choices[Taken.Count], 0, options - 1) : 0; // a file may ask for more than there is
        Options.Add(options);
        Taken.Add(choice);
        return choice;
    }

    private static bool CallsLayer(Statement statement) =>
        statement is CallStatement { Signature.Kind: not (ApiKind.Query or ApiKind.Free) };

    private bool IsBlocked(Statement statement) => statement is WaitStatement wait && !_signals.ContainsKey(wait.Event.Text);

    /// <summary>Runs a statement; <see langword="false"/> if the thread ends here.</summary>
    private bool Execute(int agent, Statement statement)
    {
        switch (statement)
        {
            case CpuAccessStatement access:
                CpuAccess(agent, access);
                break;
            case DeviceAccessStatement access:
                DeviceAccess(agent, access);
                break;
            case DeviceWaitStatement wait:
                PhysicalStep waited = Add(agent, $"waits for {wait.Device.Text}", wait.Span);
                if (_running.Remove(wait.Device.Text, out List<StepRef>? runs))
                    waited.After.AddRange(runs.Select(r => new Precondition(r)));
                break;
            case SignalStatement signal:
                Add(agent, $"signal({signal.Event.Text})", signal.Span);
                _signals.TryAdd(signal.Event.Text, new StepRef(agent, _agents[agent].Steps.Count - 1));
                break;
            case WaitStatement wait:
                PhysicalStep step = Add(agent, $"wait({wait.Event.Text})", wait.Span);
                if (_signals.TryGetValue(wait.Event.Text, out StepRef sender))
                    step.After.Add(new Precondition(sender));
                else
                    step.After.Add(new Precondition(new StepRef(agent, _agents[agent].Steps.Count - 1)));
                break;
            case CheckStatement check:
                return !Failed(check);
            case CallStatement call:
                Call(agent, call);
                break;
        }

        return true;
    }

    private bool Failed(CheckStatement check)
    {
        if (_mappings.TryGetValue(check.Subject.Text, out Mapping? mapping))
        {
            mapping.Unchecked = false;
            return mapping.Error != Errno.None;
        }

        return _values.TryGetValue(check.Subject.Text, out Errno value) && value != Errno.None;
    }

    private PhysicalStep Add(int agent, string text, SourceSpan span)
    {
        var step = new PhysicalStep { Text = text, Span = span };
        _agents[agent].Steps.Add(step);
        return step;
    }

    private int Finding(Verdict verdict, FindingRule? rule, string message, SourceSpan span)
    {
        _findings.Add(new CheckFinding(verdict, message, span) { Rule = rule });
        return _findings.Count - 1;
    }

    private void Raise(PhysicalStep step, Verdicts flag, Verdict verdict, FindingRule? rule, string message)
    {
        step.Raises |= flag;
        _certain.Add(Finding(verdict, rule, message, step.Span));
    }

    /// <summary>A rule of the API is broken, whatever the schedule.</summary>
    private void Broken(PhysicalStep step, FindingRule? rule, string message) => Raise(step, Verdicts.Contract, Verdict.Contract, rule, message);

    /// <summary>An access that nothing allows, whatever the schedule.</summary>
    private void Wild(PhysicalStep step, FindingRule? rule, string message) => Raise(step, Verdicts.Wild, Verdict.Wild, rule, message);

    /// <summary>A call returned an error, or <see cref="Errno.None"/>.</summary>
    private void Fails(PhysicalStep step, CallStatement call, Errno error)
    {
        if (error == Errno.None)
            return;
        Raise(step, Verdicts.Fails, Verdict.Fails, null, $"{call.Signature.Name} fails with -{error.KernelName()}");
        _errors.Add(error);
    }

    /// <summary>The result of a call that returns an error code.</summary>
    private void Returns(PhysicalStep step, CallStatement call, Errno error)
    {
        Fails(step, call, error);
        if (call.Target is { } target)
            _values[target.Text] = error;
    }

    private bool SlotAt(ulong address) =>
        _bounces.Exists(b => address - b.Start < b.Size) || // also in transient pools, which are gone by now
        (_layer.Swiotlb?.Pools.Any(p => p.Contains(new PhysicalAddress(address))) ?? false)
        || _setup.Devices.Values.Any(d => d.RestrictedPool?.Pools.Any(p => p.Contains(new PhysicalAddress(address))) ?? false);

    private string NameOf(ulong address)
    {
        bool allocated = _fromPool.Exists(a => address - a.Start < a.Size) && !_bounces.Exists(b => address - b.Start < b.Size);
        if (!allocated && SlotAt(address))
            return $"slot 0x{address:x}";
        foreach (MemoryObject o in _setup.Objects.Values)
        {
            ulong offset = 0;
            foreach ((ulong start, ulong size) in o.Runs)
            {
                if (address - start < size)
                    return offset + (address - start) == 0 ? o.Name : $"{o.Name}+{offset + (address - start)}";
                offset += size;
            }
        }

        return $"0x{address:x}";
    }
}
