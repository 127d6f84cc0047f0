using System.Collections.Immutable;

namespace Handoff.Litmus.Language;

/// <summary>Checks the names, kinds and arguments of a test that was read without errors.</summary>
internal sealed class Binder
{
    private readonly LitmusTest _test;
    private readonly DiagnosticBag _diagnostics;
    private readonly Dictionary<string, SymbolKind> _symbols = []; // everything declared, and every result set so far
    private readonly HashSet<string> _mappedByName = []; // lists and buffers that a map without target made usable as mappings

    public Binder(LitmusTest test, DiagnosticBag diagnostics)
    {
        _test = test;
        _diagnostics = diagnostics;
    }

    public void Bind()
    {
        Declare();
        HashSet<string> signalled = [.. _test.AllStatements.OfType<SignalStatement>().Select(s => s.Event.Text)];
        foreach (Statement statement in _test.AllStatements)
        {
            switch (statement)
            {
                case CallStatement call:
                    Call(call);
                    break;
                case CheckStatement check:
                    if (check.Device is { } device)
                        Use(device, "a device", SymbolKind.Device);
                    Use(check.Subject, "the result of a call", SymbolKind.Mapping, SymbolKind.Allocation, SymbolKind.Attachment, SymbolKind.Value, SymbolKind.List);
                    break;
                case CpuAccessStatement access:
                    if (access.Result is { } result)
                        Assign(result, SymbolKind.Value);
                    if (Use(access.Place.Name, "memory", SymbolKind.Buffer, SymbolKind.Neighbour, SymbolKind.Allocation))
                        Range(access.Place);
                    break;
                case DeviceAccessStatement access:
                    Use(access.Device, "a device", SymbolKind.Device);
                    UseHandle(access.Handle);
                    break;
                case DeviceWaitStatement wait:
                    Use(wait.Device, "a device", SymbolKind.Device);
                    break;
                case WaitStatement wait when !signalled.Contains(wait.Event.Text):
                    _diagnostics.Error(DiagnosticIds.NeverSignalled, wait.Event.Span, $"nobody signals '{wait.Event}'", NearestName.Hint(wait.Event.Text, signalled));
                    break;
            }
        }
    }

    private void Declare()
    {
        foreach (DeviceDeclaration device in _test.Devices)
            Declare(device.Name, SymbolKind.Device);
        foreach (BufferDeclaration buffer in _test.Buffers)
        {
            Declare(buffer.Name, SymbolKind.Buffer);
            foreach (Neighbour neighbour in buffer.Neighbours)
                Declare(neighbour.Name, SymbolKind.Neighbour);
        }

        foreach (ListDeclaration list in _test.Lists)
            Declare(list.Name, SymbolKind.List);
        foreach (ThreadDeclaration thread in _test.Threads)
            Declare(thread.Name, SymbolKind.Thread);

        foreach (BufferDeclaration buffer in _test.Buffers)
        {
            if (buffer.Placement?.Other is { } other && Use(other, "a buffer", SymbolKind.Buffer) && _test.Buffers.IndexOf(_test.Buffer(other.Text)!) >= _test.Buffers.IndexOf(buffer))
                _diagnostics.Error(DiagnosticIds.UnknownName, other.Span, $"'{other}' must be declared before '{buffer.Name}' to lie beside it");
            if (buffer.Kind == BufferKind.Mmio && buffer.Placement?.Kind != PlacementKind.At)
                _diagnostics.Error(DiagnosticIds.WrongArguments, buffer.Name.Span, "registers have a fixed address", "add 'at 0x…'");
        }

        foreach (Place entry in _test.Lists.SelectMany(l => l.Entries))
        {
            if (Use(entry.Name, "a buffer", SymbolKind.Buffer))
                Range(entry);
        }

        if (_test.Machine?.On is { } on && KnownMachines.Find(on.Text) is null)
        {
            (string message, string hint) = KnownMachines.Explain(on.Text);
            _diagnostics.Error(DiagnosticIds.UnknownWord, on.Span, message, hint);
        }

        Limits.Check(KnownMachines.Complete(_test), _diagnostics);
    }

    private void Declare(Name name, SymbolKind kind)
    {
        if (!_symbols.TryAdd(name.Text, kind))
            _diagnostics.Error(DiagnosticIds.DeclaredTwice, name.Span, $"'{name}' is declared twice", $"the first is {Article(_symbols[name.Text])}");
    }

    private void Assign(Name name, SymbolKind kind)
    {
        if (!_symbols.TryAdd(name.Text, kind) && _symbols[name.Text] != kind)
            _diagnostics.Error(DiagnosticIds.DeclaredTwice, name.Span, $"'{name}' is {Article(_symbols[name.Text])} and cannot become {Article(kind)}");
    }

    private bool Use(Name name, string wanted, params ReadOnlySpan<SymbolKind> kinds)
    {
        if (!_symbols.TryGetValue(name.Text, out SymbolKind kind))
        {
            var near = new List<string>();
            foreach ((string known, SymbolKind knownKind) in _symbols)
            {
                if (kinds.Contains(knownKind))
                    near.Add(known);
            }

            _diagnostics.Error(DiagnosticIds.UnknownName, name.Span, $"nothing is called '{Short(name)}' here", NearestName.Hint(name.Text, near));
            return false;
        }

        if (kinds.Contains(kind))
            return true;
        _diagnostics.Error(DiagnosticIds.WrongKind, name.Span, $"expected {wanted}, but '{Short(name)}' is {Article(kind)}");
        return false;
    }

    private void UseHandle(Place handle)
    {
        string name = handle.Name.Text;
        if (_mappedByName.Contains(name))
            return;
        if (_symbols.TryGetValue(name, out SymbolKind kind) && kind is SymbolKind.Buffer or SymbolKind.List or SymbolKind.Attachment)
        {
            string hint = kind == SymbolKind.Attachment ? "map it: sgt = dma_buf_map_attachment(att, …)" : "map it first, and use what the map gives";
            _diagnostics.Error(DiagnosticIds.WrongKind, handle.Name.Span, $"a device address is needed, but '{Short(handle.Name)}' is {Article(kind)}", hint);
            return;
        }

        Use(handle.Name, "a mapping", SymbolKind.Mapping, SymbolKind.Allocation);
        if (handle.End is { } end && end.Value <= (handle.Start?.Value ?? 0))
            _diagnostics.Error(DiagnosticIds.BadRange, handle.Span, "this range is empty");
    }

    private void Range(Place place)
    {
        ulong? size = _test.Buffer(place.Name.Text)?.Size.Value
            ?? _test.Buffers.SelectMany(b => b.Neighbours).FirstOrDefault(n => n.Name.Text == place.Name.Text)?.Size.Value;
        string what = $"'{place.Name}'";
        if (place.Field is { } name)
        {
            BufferField? field = _test.Buffer(place.Name.Text)?.Field(name.Text);
            if (field is null)
            {
                IEnumerable<string> known = _test.Buffer(place.Name.Text)?.Fields.Select(f => f.Name.Text) ?? [];
                _diagnostics.Error(DiagnosticIds.UnknownName, name.Span, $"'{place.Name}' has no field '{Short(name)}'", NearestName.Hint(name.Text, known));
                return;
            }

            size = field.End - field.Start;
            what = $"'{place.Name}.{name}'";
        }

        ulong start = place.Start?.Value ?? 0, end = place.End?.Value ?? Math.Max(size ?? ulong.MaxValue, place.Start is null ? 0 : start);
        if (place.Start is null && place.End is null)
            return;
        if (end <= start)
            _diagnostics.Error(DiagnosticIds.BadRange, place.Span, size is null || start < size ? "this range is empty" : $"{what} has {size} bytes, so nothing is at {start}");
        else if (size < end)
            _diagnostics.Error(DiagnosticIds.BadRange, place.Span, $"{what} has {size} bytes, not {end}");
    }

    private void Call(CallStatement call)
    {
        ApiSignature signature = call.Signature;
        SourceSpan nameSpan = call.FunctionName?.Span ?? call.Span;
        Span<int> parameterOf = stackalloc int[ApiSignature.MaxArguments];
        int placed = signature.Match(call.Arguments, parameterOf);
        int next = placed == 0 ? 0 : parameterOf[placed - 1] + 1;
        if (placed < call.Arguments.Length)
        {
            Misplaced(signature, call.Arguments[placed], next);
            return;
        }

        for (int i = 0; i < placed; i++)
            Argument(signature, signature.Parameters[parameterOf[i]].Role, call.Arguments[i], call);
        for (; next < signature.Parameters.Length; next++)
        {
            if (!signature.Parameters[next].Optional)
            {
                _diagnostics.Error(DiagnosticIds.WrongArguments, nameSpan, $"{signature.Name} needs {RoleText(signature.Parameters[next].Role)}", Form(signature));
                return;
            }
        }

        if (call.OutName is { } outName)
            Assign(outName, SymbolKind.Mapping);
        if (call.Target is { } target)
        {
            if (signature.Result is { } kind)
                Assign(target, kind);
            else
                _diagnostics.Error(DiagnosticIds.NoResult, target.Span, $"{signature.Name} gives nothing that '{target}' could be");
        }
        else if (signature.Kind == ApiKind.MapList && call.Memory is { } list)
        {
            _mappedByName.Add(list.Name.Text);
        }
        else if (signature.Result is SymbolKind.Mapping or SymbolKind.Allocation or SymbolKind.Attachment)
        {
            _diagnostics.Error(DiagnosticIds.NoResult, nameSpan, $"the result of {signature.Name} is dropped", $"give it a name: {(signature.Result == SymbolKind.Mapping ? "dma" : "x")} = {signature.Name}(…)");
        }
    }

    private void Misplaced(ApiSignature signature, Argument argument, int next)
    {
        if (argument is FlagsArgument { Names: [var constant, ..] } && ApiConstants.RoleOf(constant.Text) is null)
        {
            _diagnostics.Error(DiagnosticIds.UnknownConstant, constant.Span, $"there is no constant '{Short(constant)}'", NearestName.Hint(constant.Text, ApiConstants.AllNames));
            return;
        }

        string message = next >= signature.Parameters.Length
            ? $"{signature.Name} takes no further argument"
            : $"{signature.Name} needs {RoleText(signature.Parameters[next].Role)} here";
        _diagnostics.Error(DiagnosticIds.WrongArguments, argument.Span, message, Form(signature));
    }

    private void Argument(ApiSignature signature, ParameterRole role, Argument argument, CallStatement call)
    {
        switch (argument)
        {
            case PlaceArgument { Place: var place } when role == ParameterRole.Device:
                if (Use(place.Name, "a device", SymbolKind.Device) && !place.IsWhole)
                    _diagnostics.Error(DiagnosticIds.WrongKind, place.Span, "a device has no parts");
                break;
            case PlaceArgument { Place: var place } when role == ParameterRole.Memory:
                Memory(signature, place, call);
                break;
            case PlaceArgument { Place: var place } when role == ParameterRole.Handle:
                UseHandle(place);
                break;
            case PlaceArgument { Place: var place } when role == ParameterRole.Attachment:
                Use(place.Name, "an attachment", SymbolKind.Attachment);
                break;
            case FlagsArgument flags:
                foreach (Name name in flags.Names)
                {
                    if (ApiConstants.RoleOf(name.Text) is not { } known)
                        _diagnostics.Error(DiagnosticIds.UnknownConstant, name.Span, $"there is no constant '{Short(name)}'", NearestName.Hint(name.Text, ApiConstants.NamesFor(role)));
                    else if (known != role)
                        _diagnostics.Error(DiagnosticIds.UnknownConstant, name.Span, $"'{name}' is {RoleText(known)}, but {RoleText(role)} stands here");
                }

                if (flags.Names.Length > 1 && role is ParameterRole.Direction or ParameterRole.Ioctl && flags.Names.Length > 1)
                    _diagnostics.Error(DiagnosticIds.WrongArguments, flags.Span, "directions cannot be joined", "DMA_BIDIRECTIONAL is both");
                break;
        }
    }

    private void Memory(ApiSignature signature, Place place, CallStatement call)
    {
        SymbolKind[] kinds = signature.Kind switch
        {
            ApiKind.MapList => [SymbolKind.List, SymbolKind.Buffer],
            ApiKind.Release => [SymbolKind.Allocation],
            ApiKind.Map => [SymbolKind.Buffer, SymbolKind.Neighbour, SymbolKind.Allocation],
            _ => [SymbolKind.Buffer],
        };
        string wanted = signature.Kind switch { ApiKind.MapList => "a scatterlist or buffer", ApiKind.Release => "an allocation", _ => "a buffer" };
        if (!Use(place.Name, wanted, kinds))
            return;
        Range(place);
        BufferDeclaration? buffer = _test.Buffer(place.Name.Text);
        if (signature.Kind is ApiKind.DmaBuf or ApiKind.User && buffer is { IsDmaBuf: false })
            _diagnostics.Error(DiagnosticIds.WrongKind, place.Name.Span, $"'{place.Name}' is not a dma-buf", "declare it as heap(…) or udmabuf(…)");
        if (call.Function == ApiFunction.DmaMapResource && buffer is { Kind: not BufferKind.Mmio })
            _diagnostics.Error(DiagnosticIds.WrongKind, place.Name.Span, $"'{place.Name}' is RAM; resources are registers", "declare it as mmio(…) at 0x…");
    }

    private static string Form(ApiSignature signature) =>
        $"{signature.Name}({string.Join(", ", signature.Parameters.Select(p => p.Optional ? $"[{RoleWord(p.Role)}]" : RoleWord(p.Role)))})";

    private static string RoleWord(ParameterRole role) => role switch
    {
        ParameterRole.Device => "dev",
        ParameterRole.Memory => "buffer",
        ParameterRole.Handle => "dma",
        ParameterRole.Attachment => "attachment",
        ParameterRole.Offset => "offset",
        ParameterRole.Size => "size",
        ParameterRole.Count => "nents",
        ParameterRole.Mask => "mask",
        ParameterRole.Direction => "dir",
        ParameterRole.Attributes => "attrs",
        ParameterRole.Gfp => "gfp",
        ParameterRole.SyncFlags => "flags",
        ParameterRole.Ioctl => "DMA_BUF_IOCTL_SYNC",
        _ => "&dma",
    };

    private static string RoleText(ParameterRole role) => role switch
    {
        ParameterRole.Device => "a device",
        ParameterRole.Memory => "a buffer",
        ParameterRole.Handle => "a mapping",
        ParameterRole.Attachment => "an attachment",
        ParameterRole.Offset => "an offset",
        ParameterRole.Size => "a size",
        ParameterRole.Count => "a number of entries",
        ParameterRole.Mask => "a mask such as DMA_BIT_MASK(32)",
        ParameterRole.Direction => "a direction",
        ParameterRole.Attributes => "attributes",
        ParameterRole.Gfp => "allocation flags",
        ParameterRole.SyncFlags => "DMA_BUF_SYNC flags",
        ParameterRole.Ioctl => "an ioctl number",
        _ => "'&name'",
    };

    private static string Article(SymbolKind kind) => kind switch
    {
        SymbolKind.Device => "a device",
        SymbolKind.Buffer => "a buffer",
        SymbolKind.Neighbour => "a neighbour",
        SymbolKind.List => "a scatterlist",
        SymbolKind.Mapping => "a mapping",
        SymbolKind.Allocation => "an allocation",
        SymbolKind.Attachment => "an attachment",
        SymbolKind.Thread => "a thread",
        _ => "a value",
    };

    private static string Short(Name name) => name.Text.Length > 40 ? name.Text[..40] + "…" : name.Text;
}
